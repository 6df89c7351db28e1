import * as echarts from 'echarts'

const SIZE = { width: 760, height: 420 }

/**
 * A line plot as SVG text.
 * @param series - `{ name, isOurs, points }`, points being `[x, microseconds]`
 */
export function plot({ title, axis, isLogarithmic, series }) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZE })
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    grid: { left: 70, right: 30, top: 45, bottom: 110 },
    legend: { bottom: 5, data: series.map(({ name }) => name) },
    xAxis: { type: isLogarithmic ? 'log' : 'value', name: axis, nameLocation: 'middle', nameGap: 30 },
    yAxis: { type: 'log', name: 'microseconds a request', nameLocation: 'middle', nameGap: 50 },
    series: series.map(({ name, isOurs, points }) => ({
      name,
      type: 'line',
      data: points,
      symbolSize: 7,
      lineStyle: { width: isOurs ? 4 : 1.5 },
    })),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return asPicture(svg, title)
}

/** Without the styles for a pointer above it, and with a title for those who can't see it. */
function asPicture(svg, title) {
  return svg
    .replace(/<style[\s\S]*?<\/style>/, '')
    .replace(/ class="[^"]*"/g, '')
    .replace('>', `><title>${title}</title>`)
}
