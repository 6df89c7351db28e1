import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How many lines of an application are there for the sessions: those of its regions that hold any code. */
export function linesOf(folder: string, files: readonly string[]): number {
  const regions = files.flatMap((file) => regionsOf(join(folder, file)))
  return regions.flatMap((code) => code.split('\n')).filter(isCode).length
}

function regionsOf(file: string): string[] {
  const found = [...readFileSync(file, 'utf8').matchAll(/#region sessions[^\n]*\n([\s\S]*?)[^\n]*#endregion/g)]
  if (found.length === 0) throw new Error(`${file} has no "#region sessions"`)
  return found.map(([, code = '']) => code)
}

function isCode(line: string): boolean {
  return !/^\s*(\/\/.*)?$/.test(line)
}
