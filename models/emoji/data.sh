#!/usr/bin/env bash
# Makes the folder of images that the model `emoji` is trained on: Noto's emoji of 64×64 pixels in a folder for each category,
# without variants of skin tone. Needs npm, which brings Node.js; downloads 75 MB.
#   models/emoji/data.sh DIR && ./ddpm data add emoji DIR
set -euo pipefail

PACKAGE=emoji-datasource-google@16.0.0
SHA256=fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
[ ! -e "$1" ] || { echo "$1 exists already; the images go to a new folder." >&2; exit 2; }
command -v npm >/dev/null || { echo "npm is needed." >&2; exit 1; }

aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
archive=$(cd "$aside" && npm pack --silent "$PACKAGE" | tail -n 1)
echo "$SHA256  $aside/$archive" | sha256sum --check --quiet
tar -xzf "$aside/$archive" -C "$aside" package/emoji.json package/img/google/64

mkdir -p "$1"
node - "$aside/package" "$1" <<'JS'
const fs = require('fs');
const path = require('path');
const [from, to] = process.argv.slice(2);
const emoji = JSON.parse(fs.readFileSync(path.join(from, 'emoji.json'), 'utf8'));
// The five swatches of skin are no pictures of anything.
const pictures = emoji.filter(each => each.has_img_google && each.category !== 'Component');
for (const { category, image } of pictures) {
  const folder = path.join(to, category.replaceAll(' & ', ' and '));
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(path.join(from, 'img', 'google', '64', image), path.join(folder, image));
}
console.log(`${pictures.length} images in ${new Set(pictures.map(each => each.category)).size} categories.`);
JS
