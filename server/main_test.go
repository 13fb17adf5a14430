package server

import (
	"os"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // of the times that MaxScale shows as local ones
	os.Exit(enginetest.Main(m))
}
