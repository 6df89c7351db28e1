# Runs the steps of .ci/run, one after the other or side by side. For bash 5.1 or newer, on Linux.

# All that a step starts has this in its environment, whatever its parent and its process group are.
export STEPS_MARK="$$.$RANDOM$RANDOM"

declare -A under_way=() # process id => name of the step
current=''              # the step that fails if something does
interrupted=''
outputs=$(mktemp -d)
trap end_all EXIT
trap 'interrupted=1; exit 130' INT
trap 'interrupted=1; exit 143' TERM HUP

# step NAME COMMAND...: runs one step, and says how long it took.
step() {
  local began=$SECONDS
  current=$1
  printf '\n== %s\n' "$1"
  "${@:2}"
  printf '== %s: %d s\n' "$1" $((SECONDS - began))
}

# side_by_side MOST NAME...: runs the functions of these names, begun in this order, MOST of them at once. What each prints
# is shown when it ends. The first that fails ends the others and the whole.
side_by_side() {
  local most=$1 name
  shift
  printf '\n== %d at once of: %s\n' "$most" "$*"
  for name in "$@"; do
    while [ ${#under_way[@]} -ge "$most" ]; do await_one; done
    (step "$name" "$name") >"$outputs/$name" 2>&1 </dev/null &
    under_way[$!]=$name
  done
  while [ ${#under_way[@]} -gt 0 ]; do await_one; done
}

await_one() {
  local pid status=0
  wait -n -p pid "${!under_way[@]}" || status=$?
  current=${under_way[$pid]}
  unset "under_way[$pid]"
  cat "$outputs/$current"
  [ "$status" -eq 0 ] || exit "$status"
}

# Ends what is under way with all that it has started, and says which step failed. At an interrupt, what the steps have
# printed so far tells which of them hangs.
end_all() {
  local status=$? signal name tries
  trap '' INT TERM HUP
  for signal in TERM KILL; do
    for ((tries = 0; tries < 20; tries++)); do
      kill "-$signal" "${!under_way[@]}" $(marked) 2>/dev/null || break 2
      sleep 0.5
    done
  done
  for name in "${under_way[@]}"; do
    printf '\n== ended in the middle: %s\n' "$name"
    [ -z "$interrupted" ] || tail -n 40 "$outputs/$name"
  done
  rm -rf "$outputs"
  if [ -n "$interrupted" ]; then
    printf '\n== interrupted\n'
  elif [ "$status" -gt 0 ]; then
    printf '\n== failed with %d: %s\n' "$status" "$current"
  fi
  exit "$status"
}

# The processes that carry the mark.
marked() {
  env -u STEPS_MARK grep -lsz "^STEPS_MARK=$STEPS_MARK\$" /proc/[0-9]*/environ | cut -d / -f 3 || true
}
