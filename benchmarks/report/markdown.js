/** A table; the first column is text, the others are numbers. */
export function table(head, rows) {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column].length)))
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** A number with as many digits as mean something here. */
export function number(value) {
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en').replaceAll(',', '\u00a0')
  return size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** The median, and the quartiles. */
export function withSpread({ median, low, high }, format = number) {
  return `${format(median)} (${format(low)} to ${format(high)})`
}
