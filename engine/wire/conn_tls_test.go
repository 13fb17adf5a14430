package wire

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os"
	"testing"
	"time"
)

// certificate makes a certificate for clients that do not look at it.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// oneWrite gives the bytes of its first two writes to the connection in one
// go, as a network may do with a request for TLS and the client's hello.
type oneWrite struct {
	net.Conn
	kept []byte
	done bool
}

func (o *oneWrite) Write(b []byte) (int, error) {
	switch {
	case o.done:
		return o.Conn.Write(b)
	case o.kept == nil:
		o.kept = bytes.Clone(b)
		return len(b), nil
	}
	o.done = true
	if _, err := o.Conn.Write(append(o.kept, b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

func TestUpgrade(t *testing.T) {
	a, b := tcpPair(t)
	client, server := NewConn(&oneWrite{Conn: a}), NewConn(b)
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	want := HandshakeResponse{Capabilities: baseCaps | ClientSSL, User: "joe", Plugin: "p"}
	errc := make(chan error, 1)
	go func() {
		errc <- func() error {
			request := HandshakeResponse{Capabilities: want.Capabilities, SSLRequest: true}
			client.SetSequence(1)
			if err := client.WritePacket(request.Append(nil)); err != nil {
				return err
			}
			if err := client.Flush(); err != nil {
				return err
			}
			if err := client.Upgrade(tls.Client(client.NetConn(), &tls.Config{InsecureSkipVerify: true})); err != nil {
				return err
			}
			if err := client.WritePacket(want.Append(nil)); err != nil {
				return err
			}
			if err := client.Flush(); err != nil {
				return err
			}
			return client.Write(frame([]byte("\x0e"), 0))
		}()
	}()
	server.SetSequence(1)
	var got HandshakeResponse
	payload, err := server.ReadPacket(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Decode(payload); err != nil || !got.SSLRequest {
		t.Fatalf("request for TLS: got %+v, %v", got, err)
	}
	if err := server.Upgrade(tls.Server(server.NetConn(), config)); err != nil {
		t.Fatal(err)
	}
	if payload, err = server.ReadPacket(1 << 16); err != nil {
		t.Fatal(err)
	}
	if err := got.Decode(payload); err != nil || got.User != "joe" {
		t.Fatalf("over TLS: got %+v, %v", got, err)
	}
	if p, err := server.ReadCommand(1 << 16); err != nil || string(p.Payload) != "\x0e" {
		t.Fatalf("command: got %q, %v", p.Payload, err)
	}
	if err := <-errc; err != nil {
		t.Fatal(err)
	}

	// A deadline interrupts nothing but the wait, and no buffer is held in it.
	server.NetConn().SetReadDeadline(past)
	if _, err := server.ReadCommand(1 << 16); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a deadline exceeded", err)
	}
	if got := server.BufferSize(); got != 0 {
		t.Errorf("buffer when idle: got %d bytes, want 0", got)
	}
	server.NetConn().SetReadDeadline(time.Time{})
	command := frame(append([]byte{3}, pattern(100_000)...), 0)
	go client.Write(command)
	p, err := server.ReadCommand(1 << 20)
	if err != nil || !bytes.Equal(p.Framed, command) {
		t.Errorf("after the deadline: got %d bytes, %v", len(p.Framed), err)
	}
}
