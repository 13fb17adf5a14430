package engine_test

import (
	"os"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }
