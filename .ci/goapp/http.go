package app

// Handler is what serves an application. In the browser nobody does: it is here
// because GenerateStaticWebsite, which only says so, takes one.
type Handler struct{}
