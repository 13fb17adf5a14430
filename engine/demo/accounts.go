package demo

var passwords = map[string]string{
	"signalbox": "signalbox-demo",
	"monitor":   "monitor-demo",
	"demo":      "demo",
	"webshop":   "webshop-demo",
	"teller":    "teller-demo",
	"collector": "collector-demo",
	"analyst":   "analyst-demo",
}
