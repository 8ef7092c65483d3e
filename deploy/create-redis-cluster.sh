#!/bin/sh
# Joins the six nodes to a cluster of three masters and three replicas, once: a cluster that is there stays.
set -eu
nodes="redis-1 redis-2 redis-3 redis-4 redis-5 redis-6"
for node in $nodes; do
  until redis-cli -h "$node" ping | grep -q PONG; do sleep 0.2; done
done
if ! redis-cli -h redis-1 cluster info | grep -q cluster_state:ok; then
  addresses=""
  for node in $nodes; do addresses="$addresses $(getent hosts "$node" | cut -d' ' -f1):6379"; done
  # Unquoted: each address is an argument of its own.
  redis-cli --cluster create $addresses --cluster-replicas 1 --cluster-yes
fi
until redis-cli -h redis-1 cluster info | grep -q cluster_state:ok; do sleep 0.2; done
