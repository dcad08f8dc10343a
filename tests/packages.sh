#!/bin/sh
# packages.sh FOLDER...
#
# Installs the Debian packages that the tests in the folders need and the
# machine lacks: the lists are packages.txt here and in each folder. Without
# the right or the means to install it says what is missing and what will not
# run, and lets the tests go on.

cd "$(dirname "$0")" || exit 1

# wanted prints the lines of the lists.
wanted() {
	for folder in . $folders; do
		[ ! -f "$folder/packages.txt" ] || cat "$folder/packages.txt"
	done | grep -vE '^[[:space:]]*(#|$)' | sort -u
}
folders=$*

# missing prints "package<tab>what needs it" for everything not installed.
missing() {
	wanted |
		while IFS='#' read -r package reason; do
			package=$(echo $package)
			state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)
			[ "$state" = installed ] || printf '%s\t%s\n' "$package" "${reason# }"
		done
}

if ! command -v dpkg-query >/dev/null; then
	echo "packages: this is no Debian system, so what the tests need was not checked; it is:"
	wanted | sed 's/^/    /'
	exit 0
fi

list=$(missing | cut -f1 | sort -u)
[ -n "$list" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "packages: installing" $list
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update >/dev/null || echo "packages: apt-get update failed"
	# One at a time if not all at once: a package that cannot be had must
	# not keep out the others.
	apt-get -q -y --no-install-recommends install $list >/dev/null ||
		for package in $list; do
			apt-get -q -y --no-install-recommends install "$package" >/dev/null
		done
	list=$(missing | cut -f1 | sort -u)
fi
[ -n "$list" ] || exit 0
echo "packages: missing, so that these will be skipped or fail:"
missing | sed 's/^\([^\t]*\)\t/    \1: /'
[ "$(id -u)" = 0 ] || echo "packages: to install them, as root: apt-get install" $list
exit 0
