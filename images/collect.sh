#!/bin/sh
# Copies one part of a Debian root file system into an empty folder: `collect.sh runtime|iptables FOLDER`. Run while
# images are built, as root of the stage that has the packages.
set -eu
part=$1
out=$2
mkdir -p "$out"

# A program with the libraries it is linked to, under the same paths.
copy() {
  mkdir -p "$out$(dirname "$1")"
  cp -L "$1" "$out$1"
  libraries "$1"
}

libraries() {
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
    [ -e "$out$library" ] || { mkdir -p "$out$(dirname "$library")" && cp -L "$library" "$out$library"; }
  done
}

case $part in
runtime)
  copy /usr/local/bin/node
  # A fifth of the program is symbols that only a debugger reads.
  strip "$out/usr/local/bin/node"
  mkdir -p "$out/etc/ssl/certs" "$out/tmp" "$out/app"
  chmod 1777 "$out/tmp"
  cp -L /etc/ssl/certs/ca-certificates.crt "$out/etc/ssl/certs/"
  echo 'hosts: files dns' >"$out/etc/nsswitch.conf"
  printf 'root:x:0:0::/:/\nproxy:x:2102:2102::/:/\ntulle:x:2103:2103::/:/\n' >"$out/etc/passwd"
  printf 'root:x:0:\nproxy:x:2102:\ntulle:x:2103:\n' >"$out/etc/group"
  ;;
iptables)
  for backend in nft legacy; do
    copy "/usr/sbin/xtables-$backend-multi"
    for name in iptables ip6tables; do
      for command in "" -save -restore; do
        ln -s "xtables-$backend-multi" "$out/usr/sbin/$name-$backend$command"
      done
    done
  done
  for name in iptables ip6tables; do
    for command in "" -save -restore; do ln -s xtables-nft-multi "$out/usr/sbin/$name$command"; done
  done
  # Matches and targets are loaded by name: a few hundred kilobytes, so all but the bridge's and ARP's.
  modules=$(dirname "$(dpkg -L iptables | grep -m1 '/xtables/.*\.so$')")
  mkdir -p "$out$modules"
  cp -L "$modules"/libxt_*.so "$modules"/libipt_*.so "$modules"/libip6t_*.so "$out$modules/"
  # Hands its two capabilities on to node, which a container that is not root would otherwise start without.
  copy /usr/bin/setpriv
  mkdir -p "$out/usr/local/bin"
  mv "$out/usr/bin/setpriv" "$out/usr/local/bin/tulle-setpriv"
  setcap cap_net_admin,cap_net_raw+ep "$out/usr/local/bin/tulle-setpriv"
  mkdir -p "$out/run"
  ;;
*)
  echo "usage: collect.sh runtime|iptables FOLDER" >&2
  exit 64
  ;;
esac
