# Sourced by eng/containers.sh: base images without a registry, from what this machine has and Debian's packages.
# shellcheck shell=bash

# A short hash of what decides what a base image holds.
base_key() { { cat "$root"/eng/containers/{bases.sh,servers-entrypoint.sh}; printf '%s\n' "$@"; } | sha256sum | cut -c 1-12; }

has_image() { "$docker" image inspect "$1" >/dev/null 2>&1; }

# Only a whole image gets the name by which it is found; until then it is IMAGE-new.
name_whole() { "$docker" tag "$1-new" "$1" && "$docker" rmi "$1-new" >/dev/null; }

# A Debian with PostgreSQL and Redis. It stands in for the official images of both, and the SDK's lies on top of it.
debian_image() {
  local suite image
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  image=$TEST_IMAGES-debian:$(base_key "$suite")
  echo "$image"
  has_image "$image" && return
  say "Making the image of PostgreSQL and Redis (20 s) …"
  # 999 is the user of both in the official images.
  mmdebstrap --quiet --mode=root --variant=essential \
    --include=ca-certificates,libstdc++6,libssl3,postgresql,redis-server \
    --essential-hook='echo "postgres:x:999:999::/var/lib/postgresql:/bin/sh" >>"$1/etc/passwd"; echo "postgres:x:999:" >>"$1/etc/group"' \
    --customize-hook='chroot "$1" install -d -o 999 -g 999 /data /var/lib/postgresql/data' \
    --customize-hook='chmod 1777 "$1/run/postgresql"' \
    --customize-hook="install -m 755 '$root/eng/containers/servers-entrypoint.sh' \"\$1/usr/local/bin/entrypoint\"" \
    --customize-hook='ln -s "/$(cd "$1" && ls -d usr/lib/postgresql/*)/bin" "$1/usr/local/postgresql"' \
    --customize-hook='rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale "$1"/var/cache/apt "$1"/var/lib/apt/lists' \
    "$suite" - |
    "$docker" import --change 'ENV PATH=/usr/local/postgresql:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
      --change 'ENV PGDATA=/var/lib/postgresql/data' --change 'VOLUME /data /var/lib/postgresql/data' \
      --change 'WORKDIR /data' --change 'USER 999' \
      --change 'ENTRYPOINT ["/usr/local/bin/entrypoint"]' --change 'CMD ["postgres"]' - "$image-new" >/dev/null || return
  name_whole "$image"
}

dotnet_root() { dirname "$(readlink -f "$(command -v dotnet)")"; }

# What a published ASP.NET application needs and nothing more, not even a shell. Stands in for mcr.microsoft.com/dotnet/aspnet.
runtime_image() {
  local dotnet version image tree
  dotnet=$(dotnet_root)
  version=$(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \(10\.[0-9.]*\) .*/\1/p' | tail -n 1)
  image=$TEST_IMAGES-runtime:$(base_key "$version" "$(ldd --version | head -n 1)")
  echo "$image"
  has_image "$image" && return
  say "Making the image of the .NET $version runtime …"
  tree=$work/runtime
  rm -rf "$tree"
  mkdir -p "$tree"/{etc,home/app,tmp,usr/bin,usr/share/dotnet/host/fxr,usr/share/dotnet/shared}
  cp "$dotnet/dotnet" "$tree/usr/share/dotnet/"
  cp -R "$dotnet/host/fxr/$version" "$tree/usr/share/dotnet/host/fxr/"
  local framework
  for framework in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
    mkdir -p "$tree/usr/share/dotnet/shared/$framework"
    cp -R "$dotnet/shared/$framework/$version" "$tree/usr/share/dotnet/shared/$framework/"
  done
  ln -s /usr/share/dotnet/dotnet "$tree/usr/bin/dotnet"
  # Those that ldd names, for the runtime and for libtorch, and OpenSSL, which .NET looks for when it first needs it.
  {
    ldd "$dotnet/dotnet" "$dotnet/shared/Microsoft.NETCore.App/$version/"*.so | grep -v lttng
    ldconfig -p | grep -E 'lib(ssl|crypto)\.so\.3 |lib(z|dl|rt|m|pthread|stdc\+\+|gcc_s)\.so\.[0-9]+ ' | grep x86-64
  } | grep -o '/[^ ]*\.so[^ ]*' | grep -v "^$dotnet" | sort -u | xargs -I FILE cp -L --parents FILE "$tree"
  cp -RL --parents /etc/ssl/certs "$tree"
  echo 'root:x:0:0:root:/root:/sbin/nologin
app:x:1654:1654::/home/app:/sbin/nologin' >"$tree/etc/passwd"
  echo 'root:x:0:
app:x:1654:' >"$tree/etc/group"
  echo 'hosts: files dns' >"$tree/etc/nsswitch.conf"
  chmod 1777 "$tree/tmp"
  tar -C "$tree" --owner=0 --group=0 -c . |
    "$docker" import --change 'ENV PATH=/usr/bin' --change 'ENV APP_UID=1654' --change 'ENV ASPNETCORE_HTTP_PORTS=8080' \
      --change 'ENV DOTNET_RUNNING_IN_CONTAINER=true' - "$image-new" >/dev/null
  name_whole "$image"
  rm -rf "$tree"
}

# Packages that the restore of the services needs, relative to the folder that holds them all.
restored_packages() {
  grep -ho '"path": "[^"]*"' "$root"/{libs,services,web}/*/obj/project.assets.json | cut -d '"' -f 4 | sort -u |
    while read -r package; do [ ! -d "$packages/$package" ] || echo "$package"; done
}

# Their files, without the archives that they came in and without other platforms' libraries.
restored_files() {
  (cd "$packages" && restored_packages | xargs -I PACKAGE find PACKAGE -type f ! -name '*.nupkg' \
    ! \( -path '*/runtimes/*/native/*' ! -path '*/linux-x64/*' \) ! -path '*/tools/windows_*' ! -path '*/tools/macosx_*')
}

# The SDK, and the packages in its cache, so that a restore asks nobody. Stands in for mcr.microsoft.com/dotnet/sdk.
sdk_image() {
  local dotnet image container packages
  dotnet=$(dotnet_root)
  packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
  image=$TEST_IMAGES-sdk:$(base_key "$(dotnet --version)" "$(restored_packages)")
  echo "$image"
  has_image "$image" && return
  say "Making the image of the .NET SDK with the packages …"
  container=$("$docker" create --label "$run_label" --network none --user 0 --entrypoint /bin/sh "$1")
  tar -C "$dotnet" --transform 's,^\.,usr/share/dotnet,;flags=r' -c . | "$docker" cp - "$container:/"
  restored_files | tar -C "$packages" --transform 's,^,root/.nuget/packages/,;flags=r' -c -T - | "$docker" cp - "$container:/"
  "$docker" commit --change 'ENTRYPOINT []' --change 'CMD ["/bin/sh"]' --change 'USER 0' --change 'WORKDIR /' \
    --change 'ENV PATH=/usr/share/dotnet:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change 'ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NuGetAudit=false' \
    "$container" "$image-new" >/dev/null
  name_whole "$image"
  "$docker" rm "$container" >/dev/null
}
