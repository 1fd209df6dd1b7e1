/** The smallest head of each kind of picture that tells its size. */
export function png(width: number, height: number): Buffer {
  const data = Buffer.alloc(64)
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(data)
  data.writeUInt32BE(width, 16)
  data.writeUInt32BE(height, 20)
  return data
}

export function jpeg(width: number, height: number): Buffer {
  const app = Buffer.concat([Buffer.from('ffe00010', 'hex'), Buffer.alloc(14, 7)])
  const frame = Buffer.from('ffc00011080000000003', 'hex')
  frame.writeUInt16BE(height, 5)
  frame.writeUInt16BE(width, 7)
  return Buffer.concat([Buffer.from('ffd8', 'hex'), app, Buffer.from('ff', 'hex'), frame])
}

export function webp(layout: 'VP8 ' | 'VP8L' | 'VP8X', width: number, height: number): Buffer {
  const data = Buffer.alloc(40)
  data.write('RIFF', 0, 'latin1')
  data.write(`WEBP${layout}`, 8, 'latin1')
  if (layout === 'VP8 ') {
    data.writeUIntBE(0x9d012a, 23, 3)
    data.writeUInt16LE(width, 26)
    data.writeUInt16LE(height, 28)
  } else if (layout === 'VP8L') {
    data[20] = 0x2f
    data.writeUInt32LE((width - 1) | ((height - 1) << 14), 21)
  } else {
    data.writeUIntLE(width - 1, 24, 3)
    data.writeUIntLE(height - 1, 27, 3)
  }
  return data
}
