package wire

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the traces of testdata anew")

func TestConversations(t *testing.T) {
	for _, c := range conversations(t) {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			trace := Trace{W: &out}
			for _, p := range c.packets {
				feed := trace.Client
				if p.server {
					feed = trace.Server
				}
				// In two pieces, as a network may bring them.
				for _, b := range [][]byte{p.framed[:len(p.framed)/2], p.framed[len(p.framed)/2:]} {
					if err := feed(b); err != nil {
						t.Fatalf("%v, after:\n%s", err, &out)
					}
				}
			}
			golden := "testdata/" + c.name + ".trace"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("trace (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTraceFromACommandOn(t *testing.T) {
	var out bytes.Buffer
	trace := Trace{W: &out, Caps: ClientProtocol41}
	row := bytes.Repeat([]byte("x"), maxPiece)
	feed := []struct {
		feed func([]byte) error
		b    []byte
	}{
		{trace.Client, frame([]byte("\x03SELECT 1"), 0)},
		{trace.Server, frame([]byte{1}, 1)},
		{trace.Server, frame((&Column{Catalog: "def", Name: "1", Type: TypeLong}).Append(nil, 0), 2)},
		{trace.Server, frame((&EOF{}).Append(nil), 3)},
		{trace.Server, frame(AppendLenencString(nil, row), 4)},
		{trace.Server, frame((&EOF{Status: StatusAutocommit}).Append(nil), 6)},
		{trace.Client, frame([]byte("\x1bx"), 0)},
		{trace.Server, frame((&Error{Code: 1047, State: "08S01", Message: "Unknown command"}).Append(nil), 1)},
		{trace.Client, frame([]byte("\x01"), 0)},
	}
	for _, f := range feed {
		if err := f.feed(f.b); err != nil {
			t.Fatal(err)
		}
	}
	want := `C Query 9 "SELECT 1"
S ColumnCount 1 01
S ColumnDef 23 "1" type=0x3 flags=0x0 extended=""
S EOF 5 status=0x0 warnings=0
S Row 16777219 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"...
S EOF 5 status=0x2 warnings=0
C SetOption 2 78
S Err 24 1047 (08S01): Unknown command
C Quit 1
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}
