#!/bin/bash
# workstation.sh FOLDER LOWER COMMAND...
# Runs a command on a disk of its own: the folders of LOWER, as an overlay has them, with what was changed in FOLDER. To be
# run in namespaces of mounts and of processes of its own, with which its mounts end.
set -euo pipefail

folder=$1
lower=$2
shift 2
mkdir -p "$folder/changes" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$folder/changes,workdir=$folder/work" overlay "$folder/root"
mount -t proc proc "$folder/root/proc"
mount --rbind /dev "$folder/root/dev"
exec chroot "$folder/root" "$@"
