# The program and nothing else: a static binary in an empty image, not as root.
#
#   docker build -t liqsim .
#   docker run --rm -v "$PWD:/work" liqsim run liqsim.toml
#
# Whoever is to write files gives the container their number: --user "$(id -u):$(id -g)".
FROM rust:1-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
# The image's own toolchain, whatever `rust-toolchain.toml` asks for on a developer's machine.
RUN rm rust-toolchain.toml && cargo build --locked --profile dist --bin liqsim

FROM scratch
LABEL org.opencontainers.image.title="liqsim" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /source/LICENSE-MIT /source/LICENSE-APACHE /source/NOTICE /licences/
COPY --from=build /source/target/dist/liqsim /liqsim
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["/liqsim"]
CMD ["--help"]
