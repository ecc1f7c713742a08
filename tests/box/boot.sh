#!/bin/sh
# Become one host of the box: its own mounts, network, processes, name and
# control groups, over a copy-on-write view of the shared root.
#
#   boot.sh STATE IMAGE NAME ADDRESS v1|v2          called by machine.py, as root
#
# Runs twice: first in the machine's namespaces (to join control groups of its
# own, which the new cgroup namespace then shows as "/"), then inside the new
# ones, where it ends by becoming systemd.
set -eu

state=$1 image=$2 name=$3 address=$4 groups=$5
here=$state/hosts/$name

if [ "${6:-}" != inside ]; then
    # With v1, systemd uses both hierarchies.
    [ "$groups" = v2 ] && versions=v2 || versions="v1 v2"
    for version in $versions; do
        mkdir -p "$state/cgroup-$version/openstack-ra-box/$name"
        echo $$ > "$state/cgroup-$version/openstack-ra-box/$name/cgroup.procs"
    done
    exec unshare --mount --propagation private --uts --ipc --net --pid --cgroup \
        --fork --kill-child "$0" "$state" "$image" "$name" "$address" "$groups" inside
fi

# The cable is plugged in from outside, once this network namespace exists.
tries=0
until ip link show eth0 > /dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 1200 ] || { echo "no cable after 60 s" >&2; exit 1; }
    sleep 0.05
done
ip link set lo up
ip address add "$address/24" dev eth0
ip link set eth0 up

# The upper layer outlives a power cut, as a disk does.
mkdir -p "$here/upper" "$here/work" "$here/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$here/upper,workdir=$here/work" "$here/root"
cd "$here/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    touch dev/$device
    mount --bind /dev/$device dev/$device
done
# For a switch of its own.
mkdir dev/net
if [ -e /dev/net/tun ]; then touch dev/net/tun; mount --bind /dev/net/tun dev/net/tun; fi
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
# systemd takes the version of control groups that it finds here.  With v1 it also mounts v2, and every controller that
# this machine has on v1.  The groups of those controllers would be the machine's own, and would stay behind.
if [ "$groups" = v2 ]; then
    mount -t cgroup2 cgroup2 sys/fs/cgroup
else
    mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
    mkdir sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
    mount --bind /dev/null proc/cgroups
fi
touch run/power-switch
mount --bind "$state/switch" run/power-switch

hostname "$name"
echo "$name" > etc/hostname
cp "$state/hosts.txt" etc/hosts
[ -s etc/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > etc/machine-id

mkdir -p .outside
pivot_root . .outside
umount -l /.outside
export container=openstack-ra-box
exec /lib/systemd/systemd --system --log-target=journal
