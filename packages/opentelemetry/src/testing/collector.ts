import type { Meter } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

/** One series: its attributes, and its sum, or for a histogram how many values there were. */
export type Series = [attributes: object, value: number]

export interface CollectedMetric {
  readonly unit: string
  readonly series: Series[]
}

/** OpenTelemetry's SDK, and what a collector would get of it. */
export class Collector {
  readonly #exporter: InMemoryMetricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly provider: MeterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 2 ** 30 })],
  })

  get meter(): Meter {
    return this.provider.getMeter('test')
  }

  /** The metrics so far, by name. */
  async metrics(): Promise<Record<string, CollectedMetric>> {
    this.#exporter.reset()
    await this.provider.forceFlush()
    const metrics = this.#exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    return Object.fromEntries(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        {
          unit: descriptor.unit,
          series: dataPoints.map(({ attributes, value }): Series => [attributes, amountOf(value)]),
        },
      ]),
    )
  }

  /** The series of one metric. */
  async series(name: string): Promise<Series[]> {
    return (await this.metrics())[name]?.series ?? []
  }

  /** The upper bounds and the sum of a histogram of one series. */
  async histogram(name: string): Promise<{ boundaries: readonly number[]; sum: number }> {
    this.#exporter.reset()
    await this.provider.forceFlush()
    const [found] = this.#exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .filter(({ descriptor }) => descriptor.name === name)
    const value = found?.dataPoints[0]?.value
    if (typeof value !== 'object' || !('buckets' in value) || !('boundaries' in value.buckets))
      throw new Error(`${name} is no histogram`)
    return { boundaries: value.buckets.boundaries, sum: value.sum ?? 0 }
  }

  shutdown(): Promise<void> {
    return this.provider.shutdown()
  }
}

function amountOf(value: unknown): number {
  return typeof value === 'number' ? value : (value as { count: number }).count
}
