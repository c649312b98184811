/** Wraps a method of one object or prototype in `around`; returns how to unwrap it. */
export function tap<T extends object, K extends keyof T>(
  target: T,
  name: K,
  around: (original: T[K], self: T) => T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name)
  const original = target[name]
  Object.defineProperty(target, name, {
    configurable: true,
    writable: true,
    value: function (this: T, ...args: unknown[]): unknown {
      const bound = (original as (...args: unknown[]) => unknown).bind(this)
      return (around(bound as T[K], this) as (...args: unknown[]) => unknown)(...args)
    },
  })
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, own)
  }
}
