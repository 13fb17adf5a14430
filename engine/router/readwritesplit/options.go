package readwritesplit

import (
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// options are the router's parameters.
type options struct {
	maxReplicas    int
	replicas       int
	lag            time.Duration
	criteria       string
	primaryReads   bool
	failure        string // fail_instantly, fail_on_write, error_on_write
	reconnect      bool
	retryReads     bool
	variablesInAll bool
	strictMulti    bool
	strictCalls    bool
	strictTables   bool
	lazy           bool
	delayedRetry   time.Duration // how long; 0 for not at all
	causal         causalOptions
}

// causalSource says whose writes a read is to see.
type causalSource byte

const (
	causalNone      causalSource = iota
	causalLocal                  // the session's own
	causalGlobal                 // those of all sessions of the service
	causalUniversal              // all that the primary has
)

// causalOptions are causal_reads and its timeout.
type causalOptions struct {
	source  causalSource
	fast    bool // do not wait: read from a replica that has them already, or from the primary
	timeout time.Duration
}

func optionsOf(v module.Values) options {
	o := options{
		maxReplicas: int(v.Int("max_slave_connections")), replicas: int(v.Int("slave_connections")),
		lag: v.Duration("max_replication_lag"), criteria: v.String("slave_selection_criteria"),
		primaryReads: v.Bool("master_accept_reads"), failure: v.String("master_failure_mode"),
		reconnect: v.Bool("master_reconnection"), retryReads: v.Bool("retry_failed_reads"),
		variablesInAll: v.String("use_sql_variables_in") != "master",
		strictMulti:    v.Bool("strict_multi_stmt"), strictCalls: v.Bool("strict_sp_calls"),
		strictTables: v.Bool("strict_tmp_tables"), lazy: v.Bool("lazy_connect"),
		causal: causalOptions{timeout: v.Duration("causal_reads_timeout")},
	}
	if v.Bool("delayed_retry") {
		o.delayedRetry = v.Duration("delayed_retry_timeout")
	}
	switch v.String("causal_reads") {
	case "local", "true", "on", "1":
		o.causal.source = causalLocal
	case "fast":
		o.causal.source, o.causal.fast = causalLocal, true
	case "global":
		o.causal.source = causalGlobal
	case "fast_global":
		o.causal.source, o.causal.fast = causalGlobal, true
	case "universal":
		o.causal.source = causalUniversal
	case "fast_universal":
		o.causal.source, o.causal.fast = causalUniversal, true
	}
	return o
}

// staleLag is the lag beyond which connections to a replica are closed, 0 for
// never.
func (o *options) staleLag() time.Duration {
	if o.lag == 0 {
		return 0
	}
	return max(300*time.Second, 2*o.lag)
}
