#!/bin/sh
# picture.sh - renew the README's picture from a run of the quickstart
#
# usage: picture.sh LANCET [RESULT-FOLDER]
#
# Without a folder it measures; only a valid run becomes the picture.
set -eu
cd "$(dirname "$0")/.."
lancet=$1
folder=${2-}
if [ -z "$folder" ]; then
	folder=$(mktemp -d)/quickstart
	"$lancet" run configs/quickstart.yaml --out "$folder" --quiet
fi
"$lancet" plot "$folder" --out docs/quickstart.svg
echo "docs/quickstart.svg is of $folder"
