package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/classify"
)

// BenchmarkAlike is what a comparison costs at most: as many statements as are
// looked at, or as many bytes.
func BenchmarkAlike(b *testing.B) {
	for name, sql := range map[string]string{
		"short": "SELECT name, price FROM item WHERE id = 4711 AND kind IN (1, 2, 3) ORDER BY name",
		"long":  "SELECT " + strings.Repeat("a.b + 'text' * 12, ", 800),
	} {
		b.Run(name, func(b *testing.B) {
			one := QueryInfo{Command: "COM_QUERY", Statement: sql, Completed: time.Unix(1, 0)}
			queries := make([]QueryInfo, alikeStatements)
			for i := range queries {
				queries[i] = one
			}
			b.ReportAllocs()
			for b.Loop() {
				a := alike{command: one.Command, canonical: classify.Canonical(nil, []byte(sql))}
				a.all(queries)
			}
		})
	}
}
