# The image holds the program and nothing else: no shell, no demo, not root.
# docker build --build-arg VERSION=1.2.3 -t signalbox .
# docker run -p 4006:4006 -p 8989:8989 -v ./signalbox.cnf:/etc/signalbox.cnf:ro -v signalbox:/var/lib/signalbox signalbox
# The configuration needs admin_host=:: and admin_ssl_cert to be reached from
# outside, and logdir=/var/lib/signalbox.
ARG GO_IMAGE=golang:1.26-bookworm
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=0.0.0-dev
RUN .ci/wasm.sh \
 && CGO_ENABLED=0 go build -trimpath -pgo=engine/traffic.pgo -tags nodemo -ldflags "-s -w -X main.version=${VERSION}" -o /out/signalbox . \
 && mkdir -p /out/var

FROM ${BASE_IMAGE}
COPY --from=build /out/signalbox /signalbox
COPY --from=build --chown=65532:65532 /out/var /var/lib/signalbox
USER 65532:65532
VOLUME /var/lib/signalbox
EXPOSE 4006 8989
ENTRYPOINT ["/signalbox"]
CMD ["-config", "/etc/signalbox.cnf"]
