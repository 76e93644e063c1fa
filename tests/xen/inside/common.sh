# What dom0 and the guests have in common; sourced by their first programs.
export HOME=/root USER=root LANG=C.UTF-8 TERM=linux XDG_RUNTIME_DIR=/run/user
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/xen-4.17/bin:/lab
# Seconds for what takes a few on a machine that has nothing else to do.
patience=400
cd /root

say() { printf '%s %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*"; }

# await SECONDS COMMAND...: until the command succeeds. A process is dear under emulation, hence the pause.
await() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 1
	done
}

mount_system() {
	mount -t tmpfs run /run
	mkdir -p /run/lock /run/lab /dev/pts /dev/shm
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	mount -t devpts devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t xenfs xenfs /proc/xen
	mount -t debugfs debugfs /sys/kernel/debug
	mkdir -m 1777 -p /tmp/.X11-unix
	ln -sfn /proc/self/fd /dev/fd
	ln -sfn fd/0 /dev/stdin
	ln -sfn fd/1 /dev/stdout
	ln -sfn fd/2 /dev/stderr
}

# start_x SIZE: an X server, and DISPLAY for it. Its screen can be read as an xwd file, /run/lab/Xvfb_screen0.
start_x() {
	local number
	exec 3< <(exec Xvfb -displayfd 5 -screen 0 "$1x24" -fbdir /run/lab -nolisten tcp -noreset \
		-extension GLX 5>&1 >/run/lab/xvfb.log 2>&1)
	read -r -t "$patience" -u 3 number || { cat /run/lab/xvfb.log; return 1; }
	export DISPLAY=:$number
}

has_window() { xwininfo -name "$1"; }

# The topmost, of what "xwininfo -children" says.
first_child() { awk '$1 ~ /^0x/ { print $1; exit }'; }

window_id() { xwininfo -name "$1" | awk '/Window id:/ { print $4 }'; }

# The sum of a window's size and pixels, without what differs between servers.
picture_sum() (
	set -o pipefail
	xwd -silent -id "$1" | xwdtopnm 2>/dev/null | sha256sum | cut -d' ' -f1
)
