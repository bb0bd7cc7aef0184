import type { LogoImage, ReceiptBlock, ReceiptDocument } from '../../src/domain/receipt';
import type { PrinterModel } from '../../src/hardware/models/profiles';
import { sampleReceipt } from './receipts';

const row = (
  left: string,
  right: string,
  style: Partial<Extract<ReceiptBlock, { kind: 'row' }>> = {},
): ReceiptBlock => ({
  kind: 'row',
  left,
  right,
  indent: 0,
  size: 'normal',
  bold: false,
  ...style,
});
const text = (words: string, style: Partial<Extract<ReceiptBlock, { kind: 'text' }>> = {}): ReceiptBlock => ({
  kind: 'text',
  text: words,
  align: 'centre',
  size: 'normal',
  bold: false,
  ...style,
});
const total = (left: string, right: string): ReceiptBlock => row(left, right, { size: 'double', bold: true });
const ending: readonly ReceiptBlock[] = [
  { kind: 'qr', data: 'https://till.example/r/T1-0412', minimumMillimetres: 24, fallback: 'till.example/r/T1-0412' },
  { kind: 'barcode', symbology: 'code128', data: 'TR1:T1-0412' },
  { kind: 'cut' },
];
const receipt = (language: string, ...blocks: ReceiptBlock[]): ReceiptDocument => ({
  kind: 'receipt',
  language,
  blocks: [...blocks, ...ending],
});

/** A ring of 64 dots, thick as two of a code's modules. */
function ring(): LogoImage {
  const dots = new Uint8Array(8 * 64);
  for (let y = 0; y < 64; y += 1) {
    for (let x = 0; x < 64; x += 1) {
      const distance = Math.hypot(x - 31.5, y - 31.5);
      if (distance < 31 && distance > 24) dots[y * 8 + (x >> 3)] = (dots[y * 8 + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
    }
  }
  return { widthDots: 64, heightDots: 64, data: Buffer.from(dots).toString('base64') };
}

const longNames: readonly ReceiptBlock[] = [
  row('12 x Hand-thrown stoneware teapot with bamboo handle, moss green glaze, second quality', '£1,234.56'),
  row('Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft', '€0.05'),
];
const european = receipt(
  'el',
  text('ΛΑΪΚΗ ΑΓΟΡΑ', { size: 'double', bold: true }),
  row('2 x Ελιές Καλαμών', '€7,00'),
  row('Φέτα βαρελίσια', '€5,62'),
  row('1 x Мёд липовый', '12.00'),
  row('1 x Сыр з Карпат', '€9'),
  row('1 x Żurek z kiełbasą', '18,00'),
  row('1 x Şeker, ığdır kayısısı', '5,50'),
  total('ΣΥΝΟΛΟ', '€57,12'),
);
const asian = (language: string): ReceiptDocument =>
  receipt(
    language,
    text('朝市', { size: 'double', bold: true }),
    row('2 x 寿司セット（上）', '¥2,400'),
    row('骨付き鶏もも肉の炭火焼き、柚子胡椒とおろしポン酢を添えて、直送の山椒入り', '¥1,200'),
    row('中文菜单 饺子', '45.00'),
    row('繁體中文 豆腐', '30.00'),
    row('한국어 김치찌개', '₩9,000', { bold: true }),
    total('合計', '¥12,675'),
  );

/** What is kept byte for byte: a receipt and the printer it is for. */
export const goldenReceipts: readonly {
  readonly name: string;
  readonly model: PrinterModel;
  readonly document: ReceiptDocument;
}[] = [
  { name: 'latin-80', model: 'epson-tm-t20-like', document: sampleReceipt },
  { name: 'latin-58', model: 'generic-58', document: sampleReceipt },
  { name: 'latin-42-columns', model: 'epson-tm-t88', document: sampleReceipt },
  { name: 'old-printer-without-qr', model: 'epson-tm-t88-old', document: sampleReceipt },
  {
    name: 'long-names-58',
    model: 'xprinter-58',
    document: receipt('de', text('Grüße & Öl', { bold: true }), ...longNames, total('SUMME', '€1.234,61')),
  },
  {
    name: 'logo-80',
    model: 'star-80',
    document: receipt('en-GB', { kind: 'logo', image: ring() }, row('1 x Jam', '£4.50'), total('TOTAL', '£4.50')),
  },
  { name: 'greek-cyrillic-pages-80', model: 'epson-tm-t20-like', document: european },
  { name: 'greek-cyrillic-drawn-80', model: 'generic-80', document: european },
  {
    name: 'ascii-printer-58',
    model: 'drawn-58',
    document: receipt(
      'en-GB',
      text('Café Nîmes'),
      row('1 x Crème brûlée', '£4.50'),
      row('1 x Tea', '2.00'),
      total('TOTAL', '£6.50'),
    ),
  },
  {
    name: 'arabic-hebrew-80',
    model: 'epson-tm-t20-like',
    document: receipt(
      'ar',
      text('سوق الجمعة', { size: 'double', bold: true }),
      text('خان الخليلي، رقم 14'),
      row('2 x سجادة يدوية (كبيرة)', '120.00'),
      row('شاي بالنعناع 250 غ', '8.50'),
      row('שמן זית כתית (500 מ״ל)', '24.90'),
      row('1 x צלי ZAATAR זעתר', '₪12'),
      row('Plain mint tea', '2.00'),
      text('שָׁלוֹם וּבְרָכָה', { align: 'left' }),
      total('المجموع', '167.40'),
    ),
  },
  {
    name: 'indic-thai-58',
    model: 'rongta-58',
    document: receipt(
      'hi',
      text('हाट बाज़ार', { size: 'double', bold: true }),
      row('3 x क्षत्रिय ज्ञान श्री', '₹120'),
      row('বাংলা মিষ্টি দই', '₹60'),
      row('ਪੰਜਾਬੀ ਲੱਸੀ', '₹40'),
      row('ગુજરાતી ઢોકળા', '₹35'),
      row('தமிழ் காபி', '₹25'),
      row('తెలుగు పచ్చడి', '₹80'),
      row('ต้มยำกุ้งแห้งทะเลตัวใหญ่มากจากเกาะสมุย', '฿80'),
      total('कुल', '₹1,234'),
    ),
  },
  { name: 'cjk-japanese-80', model: 'epson-tm-t20-like', document: asian('ja') },
  { name: 'cjk-chinese-58', model: 'zjiang-58', document: asian('zh-Hans') },
  {
    name: 'emoji-80',
    model: 'citizen-80',
    document: receipt(
      'en-GB',
      row('1 x 🍓 Jam & 🧀 cheese', '4.50'),
      row('1 x ☕ to go 👨‍👩‍👧', '£2.80'),
      row('Bánh mì đặc biệt', '₫45.000'),
      row('₺ ₴ ₸ ₦ ₱', '₺12,50'),
      total('TOTAL', '£7.30'),
    ),
  },
];
