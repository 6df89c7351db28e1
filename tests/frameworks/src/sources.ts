import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How many lines of an application's file are there for the sessions: those of its region that hold any code. */
export function linesOf(folder: string, file: string): number {
  const regions = [
    ...readFileSync(join(folder, file), 'utf8').matchAll(/#region sessions[^\n]*\n([\s\S]*?)[^\n]*#endregion/g),
  ]
  if (regions.length === 0) throw new Error(`${join(folder, file)} has no "#region sessions"`)
  return regions.flatMap(([, code = '']) => code.split('\n')).filter(isCode).length
}

function isCode(line: string): boolean {
  return !/^\s*(\/\/.*)?$/.test(line)
}
