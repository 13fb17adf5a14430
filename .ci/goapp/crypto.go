package app

import "github.com/maxence-charriere/go-app/v10/pkg/errors"

// Values in the browser's storage are not enciphered: the key would lie beside
// them. Contexts that are asked to do so say that they cannot.

func encrypt(string, []byte) ([]byte, error) { return nil, errNoCipher }

func decrypt(string, []byte) ([]byte, error) { return nil, errNoCipher }

var errNoCipher = errors.New("this build does not encipher")
