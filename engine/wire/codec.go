package wire

import (
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// codec compresses the bodies of packets. What it needs for that is large, and
// shared by all connections.
type codec interface {
	// pack appends src, compressed, to dst; nil when dst is too short.
	pack(dst, src []byte) []byte
	// unpack returns what r becomes.
	unpack(r io.Reader) (unpacker, error)
}

// unpacker is decompressed content. It is of no more use after release.
type unpacker interface {
	io.Reader
	release()
}

// codecFor returns the codec that both sides have agreed on.
func codecFor(how Capability, level byte) codec {
	if how.Has(ClientCompress) {
		return zlibCodec{}
	}
	return zstdCodec{zstdEncoders[zstd.EncoderLevelFromZstd(int(level))]}
}

// zlibCodec is what every client and server has. The level is the fastest one:
// rows take a third less time than with the usual one, and are as short.
type zlibCodec struct{}

var (
	zlibPackers   = sync.Pool{New: func() any { return newZlibPacker() }}
	zlibUnpackers sync.Pool
)

// zlibPacker compresses into limited memory.
type zlibPacker struct {
	*zlib.Writer
	dst []byte
}

var errFull = errors.New("no room")

func newZlibPacker() *zlibPacker {
	p := &zlibPacker{}
	p.Writer, _ = zlib.NewWriterLevel(room{p}, zlib.BestSpeed) // fails for unknown levels only
	return p
}

// room is where a zlibPacker writes to.
type room struct{ packer *zlibPacker }

func (r room) Write(b []byte) (int, error) {
	p := r.packer
	if len(p.dst)+len(b) > cap(p.dst) {
		return 0, errFull
	}
	p.dst = append(p.dst, b...)
	return len(b), nil
}

func (zlibCodec) pack(dst, src []byte) []byte {
	p := zlibPackers.Get().(*zlibPacker)
	defer zlibPackers.Put(p)
	p.dst = dst
	p.Reset(room{p})
	_, err := p.Write(src)
	if err == nil {
		err = p.Close()
	}
	dst, p.dst = p.dst, nil
	if err != nil {
		return nil
	}
	return dst
}

// zlibUnpacker is a pooled reader.
type zlibUnpacker struct{ io.ReadCloser }

func (zlibCodec) unpack(r io.Reader) (unpacker, error) {
	if u, ok := zlibUnpackers.Get().(*zlibUnpacker); ok {
		if err := u.ReadCloser.(zlib.Resetter).Reset(r, nil); err != nil {
			return nil, err
		}
		return u, nil
	}
	reader, err := zlib.NewReader(r)
	if err != nil {
		return nil, err
	}
	return &zlibUnpacker{reader}, nil
}

func (u *zlibUnpacker) release() { zlibUnpackers.Put(u) }

// zstdCodec is MySQL's, since 8.0.18.
type zstdCodec struct{ encoder func() *zstd.Encoder }

// zstdWindow is how far back zstd looks, in bytes. A packet that is written is
// shorter.
const zstdWindow = 32 << 10

// zstdEncoders make the encoders for the levels that there are, at their first
// use. Each is shared by all connections.
var zstdEncoders = func() map[zstd.EncoderLevel]func() *zstd.Encoder {
	encoders := make(map[zstd.EncoderLevel]func() *zstd.Encoder)
	for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault, zstd.SpeedBetterCompression, zstd.SpeedBestCompression} {
		encoders[level] = sync.OnceValue(func() *zstd.Encoder {
			e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true))
			if err != nil {
				panic(err) // the options are constants
			}
			return e
		})
	}
	return encoders
}()

func (c zstdCodec) pack(dst, src []byte) []byte {
	packed := c.encoder().EncodeAll(src, dst)
	if len(packed) > cap(dst) {
		return nil
	}
	return append(dst, packed...) // it may have asked for more room than it needed
}

// maxZstdWindow is how far back a peer may look, in bytes: in what one packet
// can hold.
const maxZstdWindow = 16 << 20

var zstdUnpackers sync.Pool

// zstdUnpacker is a pooled decoder that starts no goroutine.
type zstdUnpacker struct{ *zstd.Decoder }

func (zstdCodec) unpack(r io.Reader) (unpacker, error) {
	if u, ok := zstdUnpackers.Get().(*zstdUnpacker); ok {
		if err := u.Reset(r); err != nil {
			return nil, err
		}
		return u, nil
	}
	decoder, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, err
	}
	return &zstdUnpacker{decoder}, nil
}

func (u *zstdUnpacker) release() {
	_ = u.Reset(nil)
	zstdUnpackers.Put(u)
}
