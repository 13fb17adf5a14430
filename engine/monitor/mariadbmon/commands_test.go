package mariadbmon

import (
	"slices"
	"strings"
	"testing"
)

// Ensure the commands are those that MaxScale 24.02 publishes for its mariadbmon, by
// name, in its order and with its arguments, but for those that work over SSH and on
// ColumnStore. There is none for reset-gtid: that is reset-replication.
func TestCommandNames(t *testing.T) {
	published := strings.Fields(`switchover/3 switchover-force/3 async-switchover/3 failover/1 async-failover/1 rejoin/2 async-rejoin/2
		reset-replication/2 async-reset-replication/2 release-locks/1 async-release-locks/1 fetch-cmd-result/1 cancel-cmd/1
		async-cs-add-node/3 async-cs-remove-node/3 cs-get-status/1 async-cs-get-status/1 async-cs-start-cluster/2 async-cs-stop-cluster/2
		async-cs-set-readonly/2 async-cs-set-readwrite/2 async-rebuild-server/4 async-create-backup/3 async-restore-from-backup/4`)
	missing := []string{"cs-", "rebuild-server", "create-backup", "restore-from-backup"}
	want := slices.DeleteFunc(published, func(name string) bool {
		return slices.ContainsFunc(missing, func(part string) bool { return strings.HasPrefix(strings.TrimPrefix(name, "async-"), part) })
	})
	var got []string
	for _, c := range commands {
		got = append(got, c.Name+"/"+string(rune('0'+len(c.Arguments))))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
