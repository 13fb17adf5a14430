package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Column is the definition of a column of a result, or of a parameter of a
// statement.
type Column struct {
	Catalog      string // always "def"
	Schema       string
	Table        string
	OrgTable     string
	Name         string
	OrgName      string
	Extended     []byte // MariaDB's type name and format, with MariaDBExtendedMetadata
	Charset      uint16
	Length       uint32
	Type         ColumnType
	Flags        uint16
	Decimals     byte
	Default      []byte // only in the reply to COM_FIELD_LIST
	DefaultGiven bool   // Default was sent and is not NULL
}

// ColumnType is the type of a column or a parameter.
type ColumnType byte

// The types of columns.
const (
	TypeDecimal    ColumnType = 0x00
	TypeTiny       ColumnType = 0x01
	TypeShort      ColumnType = 0x02
	TypeLong       ColumnType = 0x03
	TypeFloat      ColumnType = 0x04
	TypeDouble     ColumnType = 0x05
	TypeNull       ColumnType = 0x06
	TypeTimestamp  ColumnType = 0x07
	TypeLongLong   ColumnType = 0x08
	TypeInt24      ColumnType = 0x09
	TypeDate       ColumnType = 0x0a
	TypeTime       ColumnType = 0x0b
	TypeDatetime   ColumnType = 0x0c
	TypeYear       ColumnType = 0x0d
	TypeNewDate    ColumnType = 0x0e
	TypeVarchar    ColumnType = 0x0f
	TypeBit        ColumnType = 0x10
	TypeJSON       ColumnType = 0xf5
	TypeNewDecimal ColumnType = 0xf6
	TypeEnum       ColumnType = 0xf7
	TypeSet        ColumnType = 0xf8
	TypeTinyBlob   ColumnType = 0xf9
	TypeMediumBlob ColumnType = 0xfa
	TypeLongBlob   ColumnType = 0xfb
	TypeBlob       ColumnType = 0xfc
	TypeVarString  ColumnType = 0xfd
	TypeString     ColumnType = 0xfe
	TypeGeometry   ColumnType = 0xff
)

// columnFixed is the length of the fields of fixed size.
const columnFixed = 0x0c

// Append appends the payload of the packet. caps is what the two sides agreed.
func (m *Column) Append(dst []byte, caps Capability) []byte {
	for _, s := range [...]string{m.Catalog, m.Schema, m.Table, m.OrgTable, m.Name, m.OrgName} {
		dst = AppendLenencString(dst, s)
	}
	if caps.Has(MariaDBExtendedMetadata) {
		dst = AppendLenencString(dst, m.Extended)
	}
	dst = append(dst, columnFixed)
	dst = binary.LittleEndian.AppendUint16(dst, m.Charset)
	dst = binary.LittleEndian.AppendUint32(dst, m.Length)
	dst = append(dst, byte(m.Type))
	dst = binary.LittleEndian.AppendUint16(dst, m.Flags)
	dst = append(dst, m.Decimals, 0, 0)
	if m.DefaultGiven {
		dst = AppendLenencString(dst, m.Default)
	}
	return dst
}

// Decode reads the payload of the packet. Extended and Default point into b.
func (m *Column) Decode(b []byte, caps Capability) error {
	const message = "column definition"
	r := reader{b: b}
	*m = Column{
		Catalog:  string(r.lenencBytes()),
		Schema:   string(r.lenencBytes()),
		Table:    string(r.lenencBytes()),
		OrgTable: string(r.lenencBytes()),
		Name:     string(r.lenencBytes()),
		OrgName:  string(r.lenencBytes()),
	}
	if caps.Has(MariaDBExtendedMetadata) {
		m.Extended = r.lenencBytes()
	}
	if n := r.lenencInt(); r.err == nil && n != columnFixed {
		return malformed(message, fmt.Errorf("%d bytes of fields of fixed size, want %d", n, columnFixed))
	}
	m.Charset = r.uint16()
	m.Length = r.uint32()
	m.Type = ColumnType(r.uint8())
	m.Flags = r.uint16()
	m.Decimals = r.uint8()
	r.bytes(2)
	if r.err != nil {
		return malformed(message, r.err)
	}
	if len(r.b) == 0 || r.b[0] == 0xfb {
		return nil
	}
	m.Default, m.DefaultGiven = r.lenencBytes(), true
	if r.err != nil {
		return malformed(message, errors.New("default value ends too early"))
	}
	return nil
}
