/** `cut` destroys links across the partition; `black-hole` keeps them open and delivers nothing. */
export type PartitionMode = 'cut' | 'black-hole'

/** Groups of host ids; hosts in no group form one more group together. */
export interface Partition {
  readonly groups: readonly (readonly string[])[]
  readonly mode: PartitionMode
}

/** Whether two hosts are on the same side. */
export function sameSide(partition: Partition | null, a: string, b: string): boolean {
  if (partition === null) return true
  const side = (host: string): number => partition.groups.findIndex((g) => g.includes(host))
  return side(a) === side(b)
}
