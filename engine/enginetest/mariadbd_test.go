package enginetest

import "testing"

// Ensure that a replica follows its primary and comes back after a crash.
func TestStartPair(t *testing.T) {
	primary, replica := StartPair(t)
	exec1(t, primary.Open(t, AppUser, "app"), "CREATE TABLE t (a INT)")
	exec1(t, primary.Open(t, AppUser, "app"), "INSERT INTO t VALUES (7)")
	primary.WaitReplicated(t, replica)
	var got int
	if err := replica.Open(t, AppUser, "app").QueryRow("SELECT a FROM t").Scan(&got); err != nil || got != 7 {
		t.Errorf("got %d and %v, want 7", got, err)
	}
	if _, err := replica.Open(t, AppUser, "app").Exec("INSERT INTO t VALUES (8)"); err == nil {
		t.Error("the replica takes writes")
	}
	if err := replica.Open(t, ServiceUser, "").QueryRow("SELECT COUNT(*) FROM mysql.user WHERE User = 'app' AND plugin = 'mysql_native_password'").Scan(&got); err != nil || got != 1 {
		t.Errorf("account app: got %d and %v, want 1", got, err)
	}
	rows, err := replica.Open(t, MonitorUser, "").Query("SHOW ALL SLAVES STATUS")
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Error("the replica shows no replication to the monitor")
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	replica.Stop(t)
	replica.Start(t)
	exec1(t, primary.Open(t, AppUser, "app"), "INSERT INTO t VALUES (9)")
	primary.WaitReplicated(t, replica)
}
