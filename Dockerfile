# chitchat in a container: one static program with the page in it, no shell.
#
# The image has no Postgres: its roles use outside engines, as docker-compose.yml
# has them. The embedded default (`make run`) is for a machine, not for a container.
#
# The same commands build the same bytes outside of Docker:
#   (cd web && npm ci --no-audit --no-fund && npm run build)
#   CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -buildid= -X main.release=${VERSION}" -o chitchat ./cmd/chitchat

# What the last stage stands on; how to pin it is said there.
ARG FINAL_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM node:20.20.2-bookworm-slim AS web
WORKDIR /src
# What is made from the API's description is committed: web/ is all it needs.
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN cd web && npm ci --no-audit --no-fund
COPY web web
RUN cd web && npm run build

FROM golang:1.26.8-bookworm AS go
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY domain domain
COPY eventstore eventstore
COPY httpapi httpapi
COPY internal internal
COPY migrations migrations
COPY projections projections
COPY web/*.go web/
COPY --from=web /src/web/dist web/dist
# No path, no time and no state of a work tree goes into the program, only the
# version that one names: docker build --build-arg VERSION=1.2.3 .
ARG VERSION=
RUN go build -trimpath -buildvcs=false -ldflags="-s -w -buildid= -X main.release=${VERSION}" -o /chitchat ./cmd/chitchat

# A tag that moves: distroless gives out no versions, only digests, and the one
# of today could not be looked up where this was written. Pin it for a build
# that has to give the same image again:
#   docker buildx imagetools inspect gcr.io/distroless/static-debian12:nonroot
#   docker build --build-arg FINAL_IMAGE=gcr.io/distroless/static-debian12:nonroot@sha256:... .
FROM ${FINAL_IMAGE}
ARG VERSION=
LABEL org.opencontainers.image.title="chitchat" \
	org.opencontainers.image.description="A chat whose truth is a log" \
	org.opencontainers.image.version="${VERSION}"
COPY --from=go /chitchat /chitchat
ENV CHITCHAT_LISTEN=:8080 CHITCHAT_LOG_FORMAT=json
EXPOSE 8080
USER 65532:65532
# The exec form: the program is process 1 and gets SIGTERM itself.
ENTRYPOINT ["/chitchat"]
CMD ["serve"]
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 CMD ["/chitchat", "healthcheck"]
