#!/bin/sh
# packages.sh - install the Debian packages of some columns of packages.txt
#
# usage: packages.sh COLUMN...   (demo, build, optional, test)
#
# Does nothing, and needs no network, when all of them are there. Services
# that come with a package are kept from starting.
set -eu
cd "$(dirname "$0")/.."

policy=/usr/sbin/policy-rc.d
sudo=
ours=

wanted() {
	awk -v columns="$*" '
	BEGIN {
		place["demo"] = 2; place["build"] = 3
		place["optional"] = 4; place["test"] = 5
		n = split(columns, column, " ")
	}
	/^#/ || NF < 5 { next }
	{
		for (i = 1; i <= n; i++)
			if ($place[column[i]] == "x") {
				print $1
				next
			}
	}' packages.txt
}

installed() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p'
}

missing() {
	have=" $(installed "$@" | tr '\n' ' ') "
	for package in "$@"; do
		case $have in
		*" $package "*) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

cannot() {
	echo "lancet: $1; missing packages: $lack" >&2
	echo "lancet: as root: apt-get install --no-install-recommends $lack" >&2
	exit 1
}

become_root() {
	[ "$(id -u)" -eq 0 ] && return
	command -v sudo >/dev/null || cannot "neither root nor sudo here"
	# Ask for a password only where somebody can type one.
	if [ -t 0 ]; then
		sudo -v || cannot "sudo does not work"
	else
		sudo -n true 2>/dev/null || cannot "sudo wants a password"
	fi
	sudo=sudo
}

# A policy that is there already is the machine's owner's, and stays.
hold_services() {
	[ -e $policy ] && return
	trap release_services EXIT
	trap 'exit 1' HUP INT TERM
	ours=yes
	$sudo sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
}

release_services() {
	[ -z "$ours" ] || $sudo rm -f $policy
}

for column in "${@:-}"; do
	case $column in
	demo | build | optional | test) ;;
	*)
		echo "usage: packages.sh COLUMN... (demo build optional test)" >&2
		exit 2
		;;
	esac
done
if ! command -v dpkg-query >/dev/null; then
	echo "lancet: not a Debian machine; packages.txt names what is needed" >&2
	exit 0
fi
# shellcheck disable=SC2046  # names without blanks, one word each
lack=$(missing $(wanted "$@"))
lack=${lack% }
[ -n "$lack" ] || exit 0

become_root
hold_services
echo "lancet: installing $lack" >&2
apt="$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120"
log=$(mktemp)
# shellcheck disable=SC2086
if ! { $apt update && $apt install --no-install-recommends $lack; } >"$log" 2>&1
then
	grep -E '^(E|W|Err)' "$log" | tail -n 5 >&2
	rm -f "$log"
	cannot "apt-get failed"
fi
rm -f "$log"
