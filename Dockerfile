# syntax=docker/dockerfile:1
# The server alone: no shell, no system, no root.
#   docker build --build-arg VERSION=$(git describe --tags --always) -t server5k .
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/server5k ./cmd/server5k \
    && mkdir /out/data

FROM scratch
COPY --from=build /out/server5k /server5k
# A new volume takes the owner of what it covers.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# SQLite keeps what does not fit into memory where it can write.
ENV DATA_DIR=/data SQLITE_TMPDIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["/server5k", "health"]
ENTRYPOINT ["/server5k"]
