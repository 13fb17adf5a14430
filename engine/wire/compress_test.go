package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
)

// codecs are the ways to compress.
var codecs = []struct {
	name  string
	how   Capability
	level byte
}{
	{"zlib", ClientCompress, 0},
	{"zstd", ClientZstd, 3},
	{"zstd-best", ClientZstd, 22},
	{"both", ClientCompress | ClientZstd, 1},
}

// compressedPair returns both ends of a connection that has begun to compress.
func compressedPair(t testing.TB, pair func(testing.TB) (a, b net.Conn), how Capability, level byte) (a, b *Conn) {
	t.Helper()
	x, y := pair(t)
	a, b = NewConn(x), NewConn(y)
	for _, c := range []*Conn{a, b} {
		if err := Compress(c, how, level); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

// noise is content that cannot be compressed.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{})
	_, _ = r.Read(b)
	return b
}

// Ensure that packets of all sizes arrive, and replies follow commands.
func TestCompress(t *testing.T) {
	contents := map[string]func(int) []byte{"pattern": pattern, "noise": noise, "zeros": func(n int) []byte { return make([]byte, n) }}
	for _, codec := range codecs {
		for name, content := range contents {
			for _, tr := range transports {
				t.Run(codec.name+"-"+name+"-"+tr.name, func(t *testing.T) {
					a, b := compressedPair(t, tr.pair, codec.how, codec.level)
					go echo(b)
					for _, n := range []int{1, 45, 46, 49, 50, 51, 4096, bufferSize - 11, bufferSize - 7, bufferSize, 100_000} {
						command := frame(content(n), 0)
						got := make(chan []byte)
						go func() {
							var all []byte
							for len(all) < len(command) && a.Fill() == nil {
								all = append(all, a.Unread()...)
								a.Discard(len(a.Unread()))
							}
							got <- all
						}()
						a.BeginCommand()
						if err := a.Write(command); err != nil {
							t.Fatal(err)
						}
						if all := <-got; !bytes.Equal(all, command) {
							t.Fatalf("%d bytes: got %d others", len(command), len(all))
						}
					}
				})
			}
		}
	}
}

// raw makes a compressed packet by hand.
func raw(sequence byte, promise int, body []byte) []byte {
	return append(append(AppendHeader(nil, len(body), sequence), byte(promise), byte(promise>>8), byte(promise>>16)), body...)
}

// packed compresses as a client would.
func packed(how Capability, content []byte) []byte {
	return codecFor(how, 0).pack(make([]byte, 0, len(content)+100), content)
}

// Ensure that hostile packets are refused, with an error that says why, at no
// more cost than what they hold.
func TestCompressRefuses(t *testing.T) {
	command := frame([]byte("\x03SELECT '"+strings.Repeat("x", 200)+"'"), 0)
	for _, codec := range codecs[:2] {
		body := packed(codec.how, command)
		bomb := append([]byte{0xff, 0xff, 0xff, 0}, make([]byte, maxPiece-headerSize)...)
		tests := []struct {
			name string
			b    []byte
			want string
		}{
			{"ends-in-header", raw(0, len(command), body)[:5], "unexpected EOF"},
			{"ends-in-body", raw(0, len(command), body)[:20], "unexpected EOF"},
			{"ends-in-plain-body", raw(0, 0, command)[:20], "unexpected EOF"},
			{"wrong-sequence", raw(1, len(command), body), "packets out of order"},
			{"promises-more", raw(0, len(command)+1, body), "before the promised end"},
			{"promises-less", raw(0, len(command)-1, body), "longer than promised"},
			{"garbage", raw(0, len(command), command), "compressed packet: "},
			{"nothing", raw(0, len(command), nil), "unexpected EOF"},
			{"damaged", raw(0, len(command), append(bytes.Clone(body[:len(body)-1]), body[len(body)-1]^1)), "compressed packet: "},
			{"bomb", raw(0, maxPiece, packed(codec.how, bomb)), "packet of 16777215 bytes or more"},
		}
		for _, test := range tests {
			for _, chunk := range []int{1, 1 << 20} {
				c := NewConn(&scripted{b: test.b, chunk: chunk})
				if err := Compress(c, codec.how, 0); err != nil {
					t.Fatal(err)
				}
				var err error
				for err == nil {
					_, err = c.ReadCommand(1 << 16)
					if size := c.BufferSize(); size > 2*bufferSize+len(test.b)*2 {
						t.Errorf("%s of %s: %d bytes held", test.name, codec.name, size)
					}
				}
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s of %s: got %v, want %q", test.name, codec.name, err, test.want)
				}
			}
		}
	}
}

// Ensure that a deadline loses nothing, wherever it strikes.
func TestCompressGoesOnAfterDeadline(t *testing.T) {
	command := frame([]byte("\x03SELECT '"+strings.Repeat("x", 500)+"'"), 0)
	for _, content := range [][]byte{raw(0, len(command), packed(ClientCompress, command)), raw(0, 0, command)} {
		for cut := range content {
			s := &scripted{b: content[:cut], chunk: 7, end: os.ErrDeadlineExceeded}
			c := NewConn(s)
			if err := Compress(c, ClientCompress, 0); err != nil {
				t.Fatal(err)
			}
			if _, err := c.ReadCommand(1 << 16); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("cut at %d: got %v", cut, err)
			}
			s.b = content[cut:]
			if p, err := c.ReadCommand(1 << 16); err != nil || !bytes.Equal(p.Framed, command) {
				t.Fatalf("cut at %d: got %d bytes, %v", cut, len(p.Framed), err)
			}
		}
	}
}

// Ensure that a connection that waits for a command holds no buffer.
func TestCompressWaitsWithoutBuffer(t *testing.T) {
	for _, codec := range codecs {
		for _, tr := range transports {
			a, b := compressedPair(t, tr.pair, codec.how, codec.level)
			command := frame(pattern(4000), 0)
			errc := make(chan error, 1)
			read := func() { _, err := b.ReadCommand(1 << 20); errc <- err }
			go read()
			if err := a.Write(command); err != nil {
				t.Fatal(err)
			}
			if err := <-errc; err != nil {
				t.Fatal(err)
			}
			go read()
			for b.BufferSize() != 0 {
				runtime.Gosched() // ends once the next command is waited for
			}
			_ = b.NetConn().SetReadDeadline(past)
			if err := <-errc; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("%s: got %v, want a deadline exceeded", tr.name, err)
			}
			if got := b.BufferSize(); got != 0 {
				t.Errorf("%s: buffer when idle: got %d bytes, want 0", tr.name, got)
			}
			if a.NetConn() == *a.layer.Load() {
				t.Errorf("%s: NetConn is the layer of compression", tr.name)
			}
		}
	}
}

// Ensure that compression does not begin amid bytes that came too soon.
func TestCompressRefusesEarlyBytes(t *testing.T) {
	c := NewConn(&scripted{b: []byte("early"), chunk: 10})
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	if err := Compress(c, ClientCompress, 0); err == nil {
		t.Error("bytes that came before compression began are taken")
	}
}

// clientBytes is what the mariadb client 10.11 has sent with --compress, after
// its login: a line for each compressed packet.
func clientBytes(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/compressed.client")
	if err != nil {
		t.Fatal(err)
	}
	return unhex(t, string(text))
}

// Ensure that the real client is understood, whose packets leap: its file goes
// on where the compressed packets are.
func TestCompressRealClient(t *testing.T) {
	c := NewConn(&scripted{b: clientBytes(t), chunk: 11})
	if err := Compress(c, ClientCompress, 0); err != nil {
		t.Fatal(err)
	}
	command := func(want string) {
		t.Helper()
		p, err := c.ReadCommand(1 << 20)
		if err != nil || !strings.HasPrefix(string(p.Payload), want) {
			t.Fatalf("got %.50q, %v, want %q", p.Payload, err, want)
		}
	}
	command("\x03CREATE TEMPORARY TABLE t (a INT)")
	command("\x03LOAD DATA LOCAL INFILE")
	(*c.layer.Load()).(*compressed).sequence++ // of the request for the file, which went out
	for _, want := range []int{600, 0} {
		if p, err := c.ReadPacket(1 << 20); err != nil || len(p) != want {
			t.Fatalf("file: got %d bytes, %v, want %d", len(p), err, want)
		}
	}
	command("\x03SELECT COUNT(*)")
	command("\x01")
	if _, err := c.ReadCommand(1 << 20); err != io.EOF {
		t.Errorf("got %v, want the end", err)
	}
}

// Ensure that what libzstd has made, for a MySQL client, is understood.
func TestCompressLibzstd(t *testing.T) {
	want := frame([]byte("\x03SELECT '"+strings.Repeat("libzstd ", 40)+"'"), 0)
	body := unhex(t, "28b52ffd604e00ed0000b04a0100000353454c45435420276c69627a737464202701006ba61626") // zstd 1.5.4, level 3
	c := NewConn(&scripted{b: raw(0, len(want), body), chunk: 9})
	if err := Compress(c, ClientZstd, 3); err != nil {
		t.Fatal(err)
	}
	if p, err := c.ReadCommand(1 << 16); err != nil || !bytes.Equal(p.Framed, want) {
		t.Errorf("got %q, %v", p.Framed, err)
	}
}

// FuzzCompress feeds a Conn with what a client may send that compresses, in
// chunks and in one piece.
func FuzzCompress(f *testing.F) {
	command := frame([]byte("\x03SELECT '"+strings.Repeat("x", 100)+"'"), 0)
	f.Add(clientBytes(f), byte(11), false)
	for _, how := range []Capability{ClientCompress, ClientZstd} {
		f.Add(raw(0, len(command), packed(how, command)), byte(3), how == ClientZstd)
		f.Add(raw(0, 0, command), byte(9), how == ClientZstd)
		f.Add(raw(0, maxPiece, packed(how, make([]byte, 1<<16))), byte(200), how == ClientZstd)
	}
	f.Fuzz(func(t *testing.T, b []byte, chunk byte, zstd bool) {
		how := ClientCompress
		if zstd {
			how = ClientZstd
		}
		read := func(chunk int) (all []byte, err error) {
			c := NewConn(&scripted{b: b, chunk: chunk})
			if err := Compress(c, how, 0); err != nil {
				t.Fatal(err)
			}
			for {
				p, err := c.ReadCommand(1 << 10)
				if err != nil {
					if size := c.BufferSize(); size > 2*bufferSize+2*len(b) {
						t.Errorf("buffer of %d bytes for commands of at most 1024", size)
					}
					return all, err
				}
				all = append(all, p.Payload...)
			}
		}
		whole, wholeErr := read(1 << 20)
		parts, partsErr := read(1 + int(chunk))
		if !bytes.Equal(whole, parts) || (wholeErr == io.EOF) != (partsErr == io.EOF) {
			t.Errorf("in one piece %d bytes, %v; in chunks %d bytes, %v", len(whole), wholeErr, len(parts), partsErr)
		}
	})
}

func BenchmarkCompress(b *testing.B) {
	rows, random := new(bytes.Buffer), noise(bufferSize)
	for rows.Len() < bufferSize {
		rows.WriteString("\x20\x00\x00\x05\x0412")
		rows.Write(random[:12])
		random = random[12:]
		rows.WriteString("a customer's name in some street\x0a2026-11-26")
	}
	content := rows.Bytes()[:bufferSize-compressedHeader]
	for _, codec := range codecs[:2] {
		b.Run(codec.name, func(b *testing.B) {
			z := &compressed{codec: codecFor(codec.how, codec.level)}
			memory := new([bufferSize]byte)
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				size = len(z.packet(memory, content))
			}
			b.ReportMetric(float64(size)/float64(len(content)), "ratio")
		})
	}
}
