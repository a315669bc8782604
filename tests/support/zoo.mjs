// The zoo's rows as writers of npm write them: node zoo.mjs ROWS.json FOLDER, beside node_modules.
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
const require = createRequire(process.cwd() + '/')
const [, , source, folder] = process.argv
const rows = JSON.parse(readFileSync(source)).map((row) => ({ ...row, event_time: new Date(row.event_time) }))
const texts = ['event_id', 'org_id', 'billing_type', 'brand', 'model', 'key_mode', 'agent_id']
const optional = ['agent_id', 'output_tokens']
let made = 0

async function attempt(name, write) {
  const path = `${folder}/${String(made).padStart(3, '0')} ${name}.parquet`
  try {
    await write(path)
    made += 1
  } catch (error) {
    rmSync(path, { force: true }) // what this writer cannot do
    console.error(`${name}: ${error}`)
  }
}

const given = (row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

for (const library of ['parquetjs', 'parquetjs-lite', '@dsnp/parquetjs']) {
  const { ParquetSchema, ParquetWriter } = require(library)
  const short = library.replace('@', '').replace('/', ' ')
  for (const compression of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI']) {
    for (const useDataPageV2 of [true, false]) {
      for (const time of ['TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS']) {
        for (const text of ['UTF8', 'ENUM', 'JSON']) {
          if ((text !== 'UTF8' && compression !== 'SNAPPY') || (text === 'ENUM' && short !== 'dsnp parquetjs')) continue
          const fields = { event_time: { type: time, compression } }
          for (const name of texts) fields[name] = { type: name === 'org_id' ? text : 'UTF8', compression, optional: optional.includes(name) }
          if (text === 'ENUM') fields.org_id.enums = [...new Set(rows.map((row) => row.org_id))]
          fields.input_tokens = { type: 'INT64', compression }
          fields.output_tokens = { type: 'INT32', compression, optional: true }
          fields.images = { repeated: true, fields: { width: { type: 'INT32', compression }, height: { type: 'INT32', compression } } }
          await attempt(`${short} ${compression} ${useDataPageV2 ? 2 : 1} ${time} ${text}`, async (path) => {
            const writer = await ParquetWriter.openFile(new ParquetSchema(fields), path, { useDataPageV2, rowGroupSize: 16 })
            for (const row of rows) await writer.appendRow(given({ ...row, images: row.images ?? [] }))
            await writer.close()
          })
        }
      }
    }
  }
}

const { parquetWriteFile } = await import(require.resolve('hyparquet-writer'))
for (const codec of ['UNCOMPRESSED', 'SNAPPY']) {
  for (const rowGroupSize of [1000, 16]) {
    for (const type of ['STRING', 'JSON']) {
      await attempt(`hyparquet-writer ${codec} ${rowGroupSize} ${type}`, async (filename) => {
        const columnData = texts.map((name) => ({ name, data: rows.map((row) => row[name]), type: name === 'org_id' ? type : 'STRING' }))
        columnData.push({ name: 'event_time', data: rows.map((row) => row.event_time), type: 'TIMESTAMP' })
        columnData.push({ name: 'input_tokens', data: rows.map((row) => BigInt(row.input_tokens)), type: 'INT64' })
        columnData.push({ name: 'output_tokens', data: rows.map((row) => row.output_tokens), type: 'INT32' })
        await parquetWriteFile({ filename, columnData, codec, rowGroupSize })
      })
    }
  }
}
