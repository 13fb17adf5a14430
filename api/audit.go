package api

// AuditCheck is what GET /v1/audit/verify finds: whether the audit log is as it
// was written. It is ours.
//
// Each record carries a hash over the record before it and itself, so that who
// changes, removes or adds one has to write all later ones anew. Whoever fears
// that keeps Head elsewhere and compares.
type AuditCheck struct {
	OK        bool   `json:"ok"`
	Records   int    `json:"records"`             // that were read
	Unchained int    `json:"unchained,omitempty"` // of these, from before there were hashes
	From      Time   `json:"from,omitempty"`      // of the first record
	Head      string `json:"head"`                // hash of the last record, hexadecimal
	Problem   string `json:"problem,omitempty"`   // what is wrong with the first bad record
	File      string `json:"file,omitempty"`      // where it stands, without its folder
	Line      int    `json:"line,omitempty"`      // in the file, from 1
	ID        uint64 `json:"id,omitempty"`        // of the record, when that can be read
	Problems  int    `json:"problems"`            // how many records are bad
}
