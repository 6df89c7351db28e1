import type { Run } from './world.js'

/** A run as a table: a column for each request, a line for each step. */
export function table({ told, steps, text }: Run): string {
  // What nobody asked for, such as the clock, has a column of its own.
  const others = [...new Set(steps.map(({ by }) => by))].filter((by) => told.every(({ letter }) => letter !== by))
  const letters = [...told.map(({ letter }) => letter), ...others]
  const rows = [[...told.map(({ letter, plan }) => `${letter} ${plan.says}`), ...others], letters.map(() => '')]
  for (const { by, said } of steps) rows.push(letters.map((letter) => (letter === by ? said : '')))
  rows.push([...told.map(({ answer, error, dropped }) => outcome(answer, error, dropped)), ...others.map(() => '')])
  const widths = letters.map((_, column) =>
    Math.min(60, Math.max(...rows.map((row) => (row[column] as string).length))),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join(' | ')
      .trimEnd(),
  )
  lines[1] = widths.map((width) => '-'.repeat(width)).join('-|-')
  return `${lines.join('\n')}\n\nTo replay it: ${text}`
}

function outcome(answer: string | undefined, error: unknown, dropped: readonly string[]): string {
  const why = error instanceof Error ? `: ${error.message}` : ''
  const told = dropped.length > 0 ? `, told of ${dropped.join(', ')}` : ''
  return `= ${answer ?? 'no answer'}${why}${told}`
}
