#!/usr/bin/env bash
# usage: images.sh DIRECTORY STAGE PROGRAM...
# Makes what the lab boots, from Debian packages, the installed programs in STAGE, and the lab's own:
#   boot/              Xen, the kernel, and its modules
#   root.squashfs      the root file system that dom0 and the guests share
#   initramfs          mounts the two file systems, and starts the program that the command line names
#   disks/             disks for guests, of one content in each format
#   payload.squashfs   what is under test, laid over the root: the programs, the lab's scripts, a guest's kernel
# Each is made anew only when its recipe or what goes into it has changed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
images=$(realpath -m "${1:?}") stage=$(realpath "${2:?}")
mapfile -t programs < <(realpath "${@:3}")

# In the order in which the initramfs loads them: xenfs needs what privcmd sets up.
modules=(
	virtio_pci virtio_blk xen-blkfront loop squashfs overlay
	xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc xen-blkback bridge xen-netback xen-netfront
)
root_packages=(
	xen-utils-4.17 xen-utils-common xenstore-utils qemu-system-xen iproute2 kmod procps mawk psmisc
	systemd systemd-sysv udev xauth
	xvfb x11-xkb-utils xkb-data dbus-daemon openbox xdotool x11-apps x11-utils x11-xserver-utils xterm netpbm
	xfonts-base fonts-dejavu-core fontconfig python3-minimal strace xclip
)
# Never read here, and a large part of what the packages bring.
left_out=('/usr/share/'{doc,man,locale,info,icons}'/*' '/usr/lib/*/dri/*' '/usr/lib/*/libLLVM*')

say() { printf '%s\n' "$*" >&2; }
die() { printf 'images.sh: %s\n' "$*" >&2; exit 1; }

# The packages of the libraries that the programs under test are linked with.
library_packages() {
	local libraries
	libraries=$(ldd "$stage"/usr/local/bin/* "${programs[@]}" | awk '$2 == "=>" { print $3 }' | sort -u |
		xargs realpath)
	mapfile -t libraries <<<"$libraries"
	# Debian has moved /lib into /usr, but its package lists have not followed.
	{ dpkg-query -S "${libraries[@]}" "${libraries[@]#/usr}" 2>/dev/null || true; } |
		cut -d: -f1 | sort -u
}

# The names and contents of files, and of what is in directories, wherever these are.
print_sums() {
	local input
	for input in "$@"; do
		(cd "$(dirname "$input")" && find "$(basename "$input")" -type f -print0 | sort -z | xargs -0 sha256sum)
	done
}

# make_image NAME RECIPE INPUT...: runs RECIPE OUTPUT, unless it and the inputs are those of last time.
make_image() {
	local name=$1 recipe=$2 key
	shift 2
	key=$( (declare -f "$recipe" && declare -p modules root_packages left_out cache_fonts && print_sums "$@") | sha256sum)
	[[ ! -e $images/$name || $(cat "$images/$name.key" 2>/dev/null) != "$key" ]] || return 0
	say "Making $name"
	rm -rf "${images:?}/$name" "$images/$name.key" "$images/$name.new"
	"$recipe" "$images/$name.new"
	mv "$images/$name.new" "$images/$name"
	printf '%s\n' "$key" >"$images/$name.key"
}

# Xen's PVH loader and xl take the kernel's ELF image as it is; unpacking it each time would be slow here.
extract_vmlinux() {
	local offset
	offset=$(LC_ALL=C grep -abom1 -P '\xFD7zXZ\x00' "$1" | awk -F: 'NR == 1 { print $1 }')
	tail -c "+$((offset + 1))" "$1" | xz --decompress --stdout --single-stream 2>/dev/null || true
}

make_boot() {
	local kernel
	kernel=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" { print $2; exit }')
	[[ -n $kernel ]] || die "apt knows no Linux kernel; run apt-get update"
	mkdir -p "$1/packages"
	(cd "$1/packages" &&
		apt-get -qq -o APT::Sandbox::User=root download "$kernel" xen-hypervisor-4.17-amd64 busybox-static)
	local package
	for package in "$1"/packages/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$1" --wildcards './boot/*' './lib/modules/*' './bin/*' \
			2>/dev/null || true
	done
	rm -r "$1/packages"
	zcat "$1"/boot/xen-4.17-amd64.gz >"$1/xen"
	cp "$1"/boot/vmlinuz-* "$1/vmlinuz"
	extract_vmlinux "$1"/boot/vmlinuz-* >"$1/vmlinux"
	[[ $(head -c 4 "$1/vmlinux") == $'\x7fELF' ]] || die "$kernel holds no kernel packed by xz"
	depmod -b "$1" "$(ls "$1/lib/modules")"
}

# Image files have times in whole seconds, to which fontconfig compares what it has cached: without the cache the
# first program that shows text takes half a minute under emulation.
cache_fonts='find "$1"/usr/share/fonts "$1"/usr/local/share/fonts -exec touch -d @0 {} + ; chroot "$1" fc-cache --force'

make_root() {
	local include
	include=$(printf '%s,' "${root_packages[@]}" && paste -sd, "$images/library-packages")
	mmdebstrap --quiet --variant=minbase --format=tar --include="$include" \
		--customize-hook="$cache_fonts" "${left_out[@]/#/--dpkgopt=path-exclude=}" --aptopt='APT::Install-Recommends "false"' \
		"$(. /etc/os-release && echo "$VERSION_CODENAME")" - /etc/apt/sources.list.d/*.sources |
		sqfstar -quiet -no-progress -comp lz4 "$1" 2> >(grep -v '^Empty tar filename' >&2)
}

make_initramfs() {
	local tree version module
	tree=$(mktemp -d)
	version=$(ls "$images/boot/lib/modules")
	mkdir -p "$tree"/{bin,etc,dev,proc,sys,root}
	cp "$images/boot/bin/busybox" "$tree/bin/"
	cp "$here/initramfs-init" "$tree/init"
	printf '%s\n' "${modules[@]}" >"$tree/etc/modules"
	for module in "${modules[@]}"; do
		modprobe -d "$images/boot" -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
	done | sort -u | sed "s|^$images/boot/||" | cpio --quiet -pdm -D "$images/boot" "$tree"
	cp "$images/boot/lib/modules/$version/modules".{order,builtin,builtin.modinfo} "$tree/lib/modules/$version/"
	depmod -b "$tree" "$version"
	(cd "$tree" && find . | cpio --quiet -o -H newc) >"$1"
	rm -r "$tree"
}

# Raw, qcow2 and VHD, as users make them. Their content is a file system that the initramfs has a driver for.
make_disks() {
	local tree format
	tree=$(mktemp -d)
	mkdir "$1"
	seq 1000 >"$tree/numbers"
	mksquashfs "$tree" "$1/data.raw" -quiet -no-progress -all-root >&2
	truncate -s 4M "$1/data.raw"
	for format in qcow2:qcow2 vpc:vhd; do
		qemu-img convert -q -f raw -O "${format%:*}" "$1/data.raw" "$1/data.${format#*:}"
	done
	rm -r "$tree"
}

make_payload() {
	local tree
	tree=$(mktemp -d)
	cp -a "$stage/." "$tree/"
	mkdir "$tree/lab"
	cp -a "$here/inside/." "${programs[@]}" "$images"/boot/{vmlinux,vmlinuz} "$images/initramfs" "$images/disks" "$tree/lab/"
	# /lib is a link there
	(cd "$tree" && cpio --quiet -id 'lib/modules/*' <"$images/initramfs" && mv lib usr/)
	mksquashfs "$tree" "$1" -quiet -no-progress -noappend -all-root -noI -noD -noF -noX >&2
	rm -r "$tree"
}

mkdir -p "$images"
library_packages >"$images/library-packages"
make_image boot make_boot /etc/os-release
make_image root.squashfs make_root /etc/os-release "$images/library-packages"
make_image initramfs make_initramfs "$images/boot.key" "$here/initramfs-init"
make_image disks make_disks
make_image payload.squashfs make_payload "$images"/{boot,initramfs,disks}.key "$stage" "${programs[@]}" "$here/inside"
