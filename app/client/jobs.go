package client

import (
	"context"
	"net/url"

	"github.com/signalbox/signalbox/api"
)

// Jobs makes the calls that are about many sessions.
type Jobs struct{ *Client }

// Preview tells what a job would do.
func (c Jobs) Preview(ctx context.Context, j api.JobRequest) (api.Job, error) {
	j.DryRun = true
	return c.post(ctx, j)
}

// Start starts a job over many sessions.
func (c Jobs) Start(ctx context.Context, j api.JobRequest) (api.Job, error) { return c.post(ctx, j) }

func (c Jobs) post(ctx context.Context, j api.JobRequest) (api.Job, error) {
	var document struct {
		Data api.Job `json:"data"`
	}
	err := c.ask(ctx, "POST", "/v1/jobs", j, &document)
	return document.Data, err
}

// Stop stops a job; what it has done stays done.
func (c Jobs) Stop(ctx context.Context, id string) error {
	return c.do(ctx, "DELETE", "/v1/jobs/"+url.PathEscape(id), nil)
}
