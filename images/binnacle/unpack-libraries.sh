#!/bin/sh
# Makes the part of the image that comes from Debian: the libraries that Node is linked to, a user, and the list of
# what is inside. Runs in the first stage of the Dockerfile and downloads for any architecture without running its code.
#
#   unpack-libraries.sh ARCHITECTURE SBOM-TEMPLATE IMAGE-ROOT
set -eu
architecture=$1 template=$2 root=$3
packages='libc6 libgcc-s1 libstdc++6 libatomic1'
downloads=$(mktemp -d)

[ "$architecture" = "$(dpkg --print-architecture)" ] || dpkg --add-architecture "$architecture"
apt-get update -qq
# GCC's libraries share the licence text of this package, whose name has GCC's version.
packages="$packages $(apt-cache depends "libgcc-s1:$architecture" | grep -o 'gcc-[0-9]*-base' | head -n 1)"
cd "$downloads"
# shellcheck disable=SC2046
apt-get download -qq $(for package in $packages; do echo "$package:$architecture"; done) 2>/dev/null

# Debian 12 ships libraries below /lib, later ones below /usr/lib; in the image /lib is a link to /usr/lib, as in both.
mkdir -p "$root/usr/lib" "$root/usr/lib64" "$root/usr/share/doc" "$root/usr/share/sbom" "$root/var/lib/dpkg/status.d" "$root/etc"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
: > components
for deb in *.deb; do
  mkdir unpacked
  dpkg-deb -x "$deb" unpacked
  for folder in lib lib64; do
    for from in "unpacked/$folder" "unpacked/usr/$folder"; do
      [ ! -d "$from" ] || cp -a "$from/." "$root/usr/$folder/"
    done
  done
  cp -a unpacked/usr/share/doc/. "$root/usr/share/doc/"
  name=$(dpkg-deb -f "$deb" Package)
  version=$(dpkg-deb -f "$deb" Version)
  # Where scanners look for the packages of an image without dpkg.
  dpkg-deb -f "$deb" > "$root/var/lib/dpkg/status.d/$name"
  printf ',\n    {"type": "library", "bom-ref": "pkg:deb/debian/%s@%s", "name": "%s", "version": "%s", "purl": "pkg:deb/debian/%s@%s?arch=%s", "hashes": [{"alg": "SHA-256", "content": "%s"}]}' \
    "$name" "$version" "$name" "$version" "$(echo "$name" | sed 's/+/%2B/g')" "$version" "$architecture" "$(sha256sum "$deb" | cut -d' ' -f1)" >> components
  rm -rf unpacked
done
# Character set conversions and what is only read by people or by dpkg.
rm -rf "$root"/usr/lib/*/gconv "$root"/usr/lib/*/audit
find "$root/usr/share/doc" -mindepth 2 ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
# ld.so finds its architecture's libraries by name; without them the image could only fail at its start.
ls "$root"/usr/lib/*-linux-gnu/libatomic.so.1 "$root"/usr/lib/*-linux-gnu/libstdc++.so.6 "$root"/usr/lib/*-linux-gnu/libc.so.6 >/dev/null

cp /etc/os-release "$root/etc/os-release"
printf 'root:x:0:0:root:/:/none\nbinnacle:x:65532:65532:Binnacle:/var/lib/binnacle:/none\n' > "$root/etc/passwd"
printf 'root:x:0:\nbinnacle:x:65532:\n' > "$root/etc/group"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
sed -e "/@libraries@/{r components
d
}" "$template" > "$root/usr/share/sbom/binnacle.cdx.json"
install -d -m 1777 "$root/tmp"
install -d -o 65532 -g 65532 -m 0700 "$root/var/lib/binnacle"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
