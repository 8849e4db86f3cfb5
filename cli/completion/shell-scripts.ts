/** Scripts that ask `fairlead __complete` for candidates, so that a new version needs no new script. */
export const SHELL_SCRIPTS = Object.freeze({
  bash: `_fairlead() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$(printf '%q' "$line")")
  done < <(fairlead __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _fairlead fairlead`,

  zsh: `#compdef fairlead
_fairlead() {
  local -a candidates
  candidates=("\${(@f)$(fairlead __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("\${(@)candidates:#}")
  if (( \${#candidates} )); then compadd -- "\${candidates[@]}"; else _default; fi
}
compdef _fairlead fairlead`,

  fish: `complete -c fairlead -f -a '(fairlead __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
});

/** A shell that has a script. */
export type Shell = keyof typeof SHELL_SCRIPTS;
