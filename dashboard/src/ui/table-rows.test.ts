import { beforeEach, describe, expect, it } from 'vitest'
import { TableRows } from './table-rows.svelte.js'

interface Row {
  readonly id: string
  readonly value: number
}
const row = (id: string, value = 0): Row => ({ id, value })
const ids = (table: TableRows<Row>): string => table.rows.map((each) => each.id).join('')

describe('the rows of a table', () => {
  let table: TableRows<Row>
  beforeEach(() => {
    table = new TableRows<Row>((each) => each.id)
    table.replace([row('a'), row('b'), row('c')])
  })

  it('take the new order at once while nothing is selected or pointed at', () => {
    table.refresh([row('c'), row('a')])
    expect(ids(table)).toBe('ca')
    expect(table.waiting).toBe(0)
  })

  it('keep their order while one is selected, take fresh values, and count what is new', () => {
    table.toggle(1)
    table.refresh([row('d', 9), row('c', 7), row('b', 5)])
    expect(ids(table)).toBe('abc')
    expect(table.rows.map((each) => each.value)).toEqual([0, 5, 7])
    expect(table.waiting).toBe(1)
    table.showWaiting()
    expect(ids(table)).toBe('dcb')
    expect([...table.selected]).toEqual(['b'])
  })

  it('keep their order while they are pointed at', () => {
    table.isPointedAt = true
    table.refresh([row('d'), row('a')])
    expect(ids(table)).toBe('abc')
    expect(table.waiting).toBe(1)
  })

  it('keep the cursor on its row when the order changes', () => {
    table.move(1)
    expect(table.current?.id).toBe('a')
    table.refresh([row('x'), row('a')])
    expect(table.current?.id).toBe('a')
    table.move(-9)
    expect(table.current?.id).toBe('x')
  })

  it('select a range from the row chosen last', () => {
    table.toggle(0)
    table.toggle(2, true)
    expect([...table.selected].join('')).toBe('abc')
    table.toggle(1)
    expect([...table.selected].join('')).toBe('ac')
  })

  it('tell the loaded rows from all that match', () => {
    table.selectAllMatching()
    expect([table.selected.size, table.isAllMatching]).toEqual([3, true])
    table.toggle(1)
    expect([[...table.selected].join(''), table.isAllMatching]).toEqual(['ac', false])
  })

  it('drop the selection when another question is asked', () => {
    table.toggle(0)
    table.replace([row('z')])
    expect(table.selected.size).toBe(0)
    expect(table.isHeld).toBe(false)
  })

  it('never list a row twice when pages overlap', () => {
    table.append([row('c'), row('d')])
    expect(ids(table)).toBe('abcd')
  })
})
