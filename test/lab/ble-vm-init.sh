#!/bin/busybox sh
# The first process of the guest: what of the kernel was brought along, then the computer's own files, then the program.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in /modules/*; do $b insmod "$module" || echo "$module can not be loaded"; done
# Read-only, and by a cache that asks once: each question costs milliseconds here.
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host
$b mount -t proc proc /host/proc
$b mount -t sysfs sys /host/sys
$b mount -t devtmpfs dev /host/dev
$b mount -t tmpfs run /host/run
$b mkdir /host/run/porchlight
$b mount -t ext4 -o ro /dev/vda /host/run/porchlight
$b ip link set lo up
$b stty -F /dev/ttyS1 raw -echo
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run
$b chroot /host "$NODE" /run/porchlight/dist/test/lab/ble-vm-guest.js > /dev/ttyS1
$b poweroff -f
