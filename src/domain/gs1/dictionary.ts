import type { CheckName } from './checks';

/** Where the facts of {@link TABLE} come from, and as of when. */
export const DICTIONARY_EDITION = 'GS1 Barcode Syntax Dictionary, release 2026-01-27';

/**
 * The characters of a component: digits (`n`), the 82 of GS1 General Specifications 7.11-1 (`x`), the 39 of 7.11-2 (`y`)
 * or file-safe base64 (`z`).
 */
export type CharacterSet = 'n' | 'x' | 'y' | 'z';

/** One stretch of an element's value. Only the last of an element varies in length. */
export interface ElementComponent {
  readonly characters: CharacterSet;
  readonly minLength: number;
  readonly maxLength: number;
  /** May be absent; so may all that follow it. */
  readonly isOptional: boolean;
  readonly checks: readonly CheckName[];
}

/** What the dictionary says of one application identifier (AI). */
export interface ElementDefinition {
  readonly ai: string;
  /** GS1's data title, as printed beside the value. */
  readonly title: string;
  readonly components: readonly ElementComponent[];
  /** Characters of a value that ends without a separator, or null when a separator ends it. */
  readonly predefinedLength: number | null;
  /** Every one must be met, by any of its groups, by all AIs of the group: patterns such as `01` and `31nn`. */
  readonly needs: readonly (readonly (readonly string[])[])[];
  /** Patterns of AIs that may not stand beside this one. */
  readonly excludes: readonly string[];
  /** Whether it may stand in the query of a Digital Link. */
  readonly isLinkAttribute: boolean;
  /** For a primary key of Digital Links the AIs that may follow it in the path, in order; alternatives of them. */
  readonly linkQualifiers: readonly (readonly string[])[] | null;
}

interface RowOptions {
  /** Associations: `;` between those that must all be met, `,` between alternatives, `+` between AIs needed together. */
  readonly needs?: string;
  /** Exclusions. */
  readonly not?: string;
  /** Primary key of Digital Links: its qualifiers in order, `|` between alternatives. */
  readonly link?: string;
  /** False when it has no place in the query of a Digital Link. */
  readonly attribute?: false;
}

/** AI or range of AIs · data title · components · relations. A component is `n..15`, `n6:day`, `x..17?` (optional). */
type Row = readonly [ais: string, title: string, format: string, options?: RowOptions];

/** Every application identifier of the GS1 General Specifications, after {@link DICTIONARY_EDITION}. */
const TABLE: readonly Row[] = [
  ['00', 'SSCC', 'n18:check:company2', { link: '' }],
  ['01', 'GTIN', 'n14:check:company2', { not: '255, 37', link: '22 10 21 | 235' }],
  ['02', 'CONTENT', 'n14:check:company2', { needs: '37', not: '01, 03' }],
  ['03', 'MTO GTIN', 'n14:check:company2', { not: '01, 02, 37', attribute: false }],
  ['10', 'BATCH/LOT', 'x..20', { needs: '01, 02, 03, 8006, 8026' }],
  ['11', 'PROD DATE', 'n6:monthOrDay', { needs: '01, 02, 03, 8006, 8026' }],
  ['12', 'DUE DATE', 'n6:monthOrDay', { needs: '8020' }],
  ['13', 'PACK DATE', 'n6:monthOrDay', { needs: '01, 02, 03, 8006, 8026' }],
  ['15', 'BEST BEFORE or BEST BY', 'n6:monthOrDay', { needs: '01, 02, 03, 8006, 8026' }],
  ['16', 'SELL BY', 'n6:monthOrDay', { needs: '01, 02, 03, 8006, 8026' }],
  ['17', 'USE BY or EXPIRY', 'n6:monthOrDay', { needs: '01, 02, 03, 255, 8006, 8026' }],
  ['20', 'VARIANT', 'n2', { needs: '01, 02, 8006, 8026' }],
  ['21', 'SERIAL', 'x..20', { needs: '01, 03, 8006', not: '235', attribute: false }],
  ['22', 'CPV', 'x..20', { needs: '01', attribute: false }],
  ['235', 'TPX', 'x..28', { needs: '01', attribute: false }],
  ['240', 'ADDITIONAL ID', 'x..30', { needs: '01, 02, 8006, 8026' }],
  ['241', 'CUST. PART No.', 'x..30', { needs: '01, 02, 8006, 8026' }],
  ['242', 'MTO VARIANT', 'n..6', { needs: '01, 02, 8006, 8026' }],
  ['243', 'PCN', 'x..20', { needs: '01' }],
  ['250', 'SECONDARY SERIAL', 'x..30', { needs: '01, 8006; 21' }],
  ['251', 'REF. TO SOURCE', 'x..30', { needs: '01, 8006' }],
  ['253', 'GDTI', 'n13:check:company x..17?', { link: '' }],
  ['254', 'GLN EXTENSION COMPONENT', 'x..20', { needs: '414', attribute: false }],
  ['255', 'GCN', 'n13:check:company n..12?', { not: '01, 02, 415, 8006, 8020, 8026', link: '' }],
  ['30', 'VAR. COUNT', 'n..8', { needs: '01, 02' }],
  ['3100-3105', 'NET WEIGHT (kg)', 'n6', { needs: '01, 02', not: '310n' }],
  ['3110-3115', 'LENGTH (m)', 'n6', { needs: '01, 02', not: '311n' }],
  ['3120-3125', 'WIDTH (m)', 'n6', { needs: '01, 02', not: '312n' }],
  ['3130-3135', 'HEIGHT (m)', 'n6', { needs: '01, 02', not: '313n' }],
  ['3140-3145', 'AREA (m²)', 'n6', { needs: '01, 02', not: '314n' }],
  ['3150-3155', 'NET VOLUME (l)', 'n6', { needs: '01, 02', not: '315n' }],
  ['3160-3165', 'NET VOLUME (m³)', 'n6', { needs: '01, 02', not: '316n' }],
  ['3200-3205', 'NET WEIGHT (lb)', 'n6', { needs: '01, 02', not: '320n' }],
  ['3210-3215', 'LENGTH (in)', 'n6', { needs: '01, 02', not: '321n' }],
  ['3220-3225', 'LENGTH (ft)', 'n6', { needs: '01, 02', not: '322n' }],
  ['3230-3235', 'LENGTH (yd)', 'n6', { needs: '01, 02', not: '323n' }],
  ['3240-3245', 'WIDTH (in)', 'n6', { needs: '01, 02', not: '324n' }],
  ['3250-3255', 'WIDTH (ft)', 'n6', { needs: '01, 02', not: '325n' }],
  ['3260-3265', 'WIDTH (yd)', 'n6', { needs: '01, 02', not: '326n' }],
  ['3270-3275', 'HEIGHT (in)', 'n6', { needs: '01, 02', not: '327n' }],
  ['3280-3285', 'HEIGHT (ft)', 'n6', { needs: '01, 02', not: '328n' }],
  ['3290-3295', 'HEIGHT (yd)', 'n6', { needs: '01, 02', not: '329n' }],
  ['3300-3305', 'GROSS WEIGHT (kg)', 'n6', { needs: '00, 01', not: '330n' }],
  ['3310-3315', 'LENGTH (m), log', 'n6', { needs: '00, 01', not: '331n' }],
  ['3320-3325', 'WIDTH (m), log', 'n6', { needs: '00, 01', not: '332n' }],
  ['3330-3335', 'HEIGHT (m), log', 'n6', { needs: '00, 01', not: '333n' }],
  ['3340-3345', 'AREA (m²), log', 'n6', { needs: '00, 01', not: '334n' }],
  ['3350-3355', 'VOLUME (l), log', 'n6', { needs: '00, 01', not: '335n' }],
  ['3360-3365', 'VOLUME (m³), log', 'n6', { needs: '00, 01', not: '336n' }],
  ['3370-3375', 'KG PER m²', 'n6', { needs: '01', not: '337n' }],
  ['3400-3405', 'GROSS WEIGHT (lb)', 'n6', { needs: '00, 01', not: '340n' }],
  ['3410-3415', 'LENGTH (in), log', 'n6', { needs: '00, 01', not: '341n' }],
  ['3420-3425', 'LENGTH (ft), log', 'n6', { needs: '00, 01', not: '342n' }],
  ['3430-3435', 'LENGTH (yd), log', 'n6', { needs: '00, 01', not: '343n' }],
  ['3440-3445', 'WIDTH (in), log', 'n6', { needs: '00, 01', not: '344n' }],
  ['3450-3455', 'WIDTH (ft), log', 'n6', { needs: '00, 01', not: '345n' }],
  ['3460-3465', 'WIDTH (yd), log', 'n6', { needs: '00, 01', not: '346n' }],
  ['3470-3475', 'HEIGHT (in), log', 'n6', { needs: '00, 01', not: '347n' }],
  ['3480-3485', 'HEIGHT (ft), log', 'n6', { needs: '00, 01', not: '348n' }],
  ['3490-3495', 'HEIGHT (yd), log', 'n6', { needs: '00, 01', not: '349n' }],
  ['3500-3505', 'AREA (in²)', 'n6', { needs: '01, 02', not: '350n' }],
  ['3510-3515', 'AREA (ft²)', 'n6', { needs: '01, 02', not: '351n' }],
  ['3520-3525', 'AREA (yd²)', 'n6', { needs: '01, 02', not: '352n' }],
  ['3530-3535', 'AREA (in²), log', 'n6', { needs: '00, 01', not: '353n' }],
  ['3540-3545', 'AREA (ft²), log', 'n6', { needs: '00, 01', not: '354n' }],
  ['3550-3555', 'AREA (yd²), log', 'n6', { needs: '00, 01', not: '355n' }],
  ['3560-3565', 'NET WEIGHT (tr oz)', 'n6', { needs: '01, 02', not: '356n' }],
  ['3570-3575', 'NET VOLUME (oz)', 'n6', { needs: '01, 02', not: '357n' }],
  ['3600-3605', 'NET VOLUME (qt (US))', 'n6', { needs: '01, 02', not: '360n' }],
  ['3610-3615', 'NET VOLUME (gal.)', 'n6', { needs: '01, 02', not: '361n' }],
  ['3620-3625', 'VOLUME (qt (US)), log', 'n6', { needs: '00, 01', not: '362n' }],
  ['3630-3635', 'VOLUME (gal (US)), log', 'n6', { needs: '00, 01', not: '363n' }],
  ['3640-3645', 'NET VOLUME (in³)', 'n6', { needs: '01, 02', not: '364n' }],
  ['3650-3655', 'NET VOLUME (ft³)', 'n6', { needs: '01, 02', not: '365n' }],
  ['3660-3665', 'NET VOLUME (yd³)', 'n6', { needs: '01, 02', not: '366n' }],
  ['3670-3675', 'VOLUME (in³), log', 'n6', { needs: '00, 01', not: '367n' }],
  ['3680-3685', 'VOLUME (ft³), log', 'n6', { needs: '00, 01', not: '368n' }],
  ['3690-3695', 'VOLUME (yd³), log', 'n6', { needs: '00, 01', not: '369n' }],
  ['37', 'COUNT', 'n..8', { needs: '00; 02, 8026' }],
  ['3900-3909', 'AMOUNT', 'n..15', { needs: '255, 8020', not: '390n, 391n, 394n, 8111' }],
  ['3910-3919', 'AMOUNT', 'n3:currency n..15', { needs: '8020', not: '391n' }],
  ['3920-3929', 'PRICE', 'n..15', { needs: '01; 30, 31nn, 32nn, 35nn, 36nn', not: '392n, 393n' }],
  ['3930-3939', 'PRICE', 'n3:currency n..15', { needs: '30, 31nn, 32nn, 35nn, 36nn', not: '393n' }],
  ['3940-3943', 'PRCNT OFF', 'n4', { needs: '255', not: '394n, 8111' }],
  ['3950-3955', 'PRICE/UoM', 'n6', { needs: '30, 31nn, 32nn, 35nn, 36nn', not: '392n, 393n, 395n, 8005' }],
  ['400', 'ORDER NUMBER', 'x..30'],
  ['401', 'GINC', 'x..30:company', { link: '' }],
  ['402', 'GSIN', 'n17:check:company', { link: '' }],
  ['403', 'ROUTE', 'x..30', { needs: '00' }],
  ['410', 'SHIP TO LOC', 'n13:check:company'],
  ['411', 'BILL TO', 'n13:check:company'],
  ['412', 'PURCHASE FROM', 'n13:check:company'],
  ['413', 'SHIP FOR LOC', 'n13:check:company'],
  ['414', 'LOC No.', 'n13:check:company', { link: '254 | 7040' }],
  ['415', 'PAY TO', 'n13:check:company', { needs: '8020', link: '8020' }],
  ['416', 'PROD/SERV LOC', 'n13:check:company'],
  ['417', 'PARTY', 'n13:check:company', { link: '7040' }],
  ['420', 'SHIP TO POST', 'x..20', { not: '421' }],
  ['421', 'SHIP TO POST', 'n3:country x..9', { not: '4307' }],
  ['422', 'ORIGIN', 'n3:country', { needs: '01, 02, 8006, 8026', not: '426' }],
  [
    '423',
    'COUNTRY - INITIAL PROCESS',
    'n3:country n3:country? n3:country? n3:country? n3:country?',
    { needs: '01, 02', not: '426' },
  ],
  ['424', 'COUNTRY - PROCESS', 'n3:country', { needs: '01, 02', not: '426' }],
  [
    '425',
    'COUNTRY - DISASSEMBLY',
    'n3:country n3:country? n3:country? n3:country? n3:country?',
    { needs: '01, 02', not: '426' },
  ],
  ['426', 'COUNTRY - FULL PROCESS', 'n3:country', { needs: '01, 02' }],
  ['427', 'ORIGIN SUBDIVISION', 'x..3', { needs: '01, 02; 422' }],
  ['4300', 'SHIP TO COMP', 'x..35:percent', { needs: '00' }],
  ['4301', 'SHIP TO NAME', 'x..35:percent', { needs: '00' }],
  ['4302', 'SHIP TO ADD1', 'x..70:percent', { needs: '00' }],
  ['4303', 'SHIP TO ADD2', 'x..70:percent', { needs: '4302' }],
  ['4304', 'SHIP TO SUB', 'x..70:percent', { needs: '00' }],
  ['4305', 'SHIP TO LOC', 'x..70:percent', { needs: '00' }],
  ['4306', 'SHIP TO REG', 'x..70:percent', { needs: '00' }],
  ['4307', 'SHIP TO COUNTRY', 'x2:countryLetters', { needs: '00' }],
  ['4308', 'SHIP TO PHONE', 'x..30', { needs: '00' }],
  ['4309', 'SHIP TO GEO', 'n10:latitude n10:longitude', { needs: '00' }],
  ['4310', 'RTN TO COMP', 'x..35:percent', { needs: '00' }],
  ['4311', 'RTN TO NAME', 'x..35:percent', { needs: '00' }],
  ['4312', 'RTN TO ADD1', 'x..70:percent', { needs: '00' }],
  ['4313', 'RTN TO ADD2', 'x..70:percent', { needs: '4312' }],
  ['4314', 'RTN TO SUB', 'x..70:percent', { needs: '00' }],
  ['4315', 'RTN TO LOC', 'x..70:percent', { needs: '00' }],
  ['4316', 'RTN TO REG', 'x..70:percent', { needs: '00' }],
  ['4317', 'RTN TO COUNTRY', 'x2:countryLetters', { needs: '00' }],
  ['4318', 'RTN TO POST', 'x..20', { needs: '00' }],
  ['4319', 'RTN TO PHONE', 'x..30', { needs: '00' }],
  ['4320', 'SRV DESCRIPTION', 'x..35:percent', { needs: '00' }],
  ['4321', 'DANGEROUS GOODS', 'n1:flag', { needs: '00' }],
  ['4322', 'AUTH TO LEAVE', 'n1:flag', { needs: '00' }],
  ['4323', 'SIG REQUIRED', 'n1:flag', { needs: '00' }],
  ['4324', 'NOT BEF DEL DT', 'n6:monthOrDay n4:hourMinute', { needs: '00' }],
  ['4325', 'NOT AFT DEL DT', 'n6:monthOrDay n4:hourMinute', { needs: '00' }],
  ['4326', 'REL DATE', 'n6:day', { needs: '00' }],
  ['4330', 'MAX TEMP F.', 'n6 x1:hyphen?', { needs: '00', not: '4331' }],
  ['4331', 'MAX TEMP C.', 'n6 x1:hyphen?', { needs: '00', not: '4330' }],
  ['4332', 'MIN TEMP F.', 'n6 x1:hyphen?', { needs: '00', not: '4333' }],
  ['4333', 'MIN TEMP C.', 'n6 x1:hyphen?', { needs: '00', not: '4332' }],
  ['7001', 'NSN', 'n13', { needs: '01, 02, 8006, 8026' }],
  ['7002', 'MEAT CUT', 'x..30', { needs: '01, 02' }],
  ['7003', 'EXPIRY TIME', 'n6:day n4:hourMinute', { needs: '01, 02' }],
  ['7004', 'ACTIVE POTENCY', 'n..4', { needs: '01+10' }],
  ['7005', 'CATCH AREA', 'x..12', { needs: '01, 02' }],
  ['7006', 'FIRST FREEZE DATE', 'n6:day', { needs: '01, 02' }],
  ['7007', 'HARVEST DATE', 'n6:day n6:day?', { needs: '01, 02' }],
  ['7008', 'AQUATIC SPECIES', 'x..3', { needs: '01, 02' }],
  ['7009', 'FISHING GEAR TYPE', 'x..10', { needs: '01, 02' }],
  ['7010', 'PROD METHOD', 'x..2', { needs: '01, 02' }],
  ['7011', 'TEST BY DATE', 'n6:day n4:hourMinute?', { needs: '01, 02' }],
  ['7020', 'REFURB LOT', 'x..20', { needs: '01, 8006; 416' }],
  ['7021', 'FUNC STAT', 'x..20', { needs: '01, 8006' }],
  ['7022', 'REV STAT', 'x..20', { needs: '7021' }],
  ['7023', 'GIAI - ASSEMBLY', 'x..30:company'],
  ['7030', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7031', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7032', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7033', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7034', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7035', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7036', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7037', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7038', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7039', 'PROCESSOR', 'n3:country999 x..27', { needs: '01, 02' }],
  ['7040', 'UIC+EXT', 'n1 x1 x1 x1:importer', { attribute: false }],
  ['7041', 'UFRGT UNIT TYPE', 'x..4:package', { needs: '00', attribute: false }],
  ['710', 'NHRN PZN', 'x..20', { needs: '01' }],
  ['711', 'NHRN CIP', 'x..20', { needs: '01' }],
  ['712', 'NHRN CN', 'x..20', { needs: '01' }],
  ['713', 'NHRN DRN', 'x..20', { needs: '01' }],
  ['714', 'NHRN AIM', 'x..20', { needs: '01' }],
  ['715', 'NHRN NDC', 'x..20', { needs: '01' }],
  ['716', 'NHRN AIC', 'x..20', { needs: '01' }],
  ['717', 'NHRN SRN', 'x..20', { needs: '01' }],
  ['7230', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7231', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7232', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7233', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7234', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7235', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7236', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7237', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7238', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7239', 'CERT', 'x2 x..28', { needs: '01, 8004' }],
  ['7240', 'PROTOCOL', 'x..20', { needs: '01, 8006' }],
  ['7241', 'AIDC MEDIA TYPE', 'n2:media', { needs: '8017, 8018' }],
  ['7242', 'VCN', 'x..25', { needs: '8017, 8018' }],
  ['7250', 'DOB', 'n8:longDay', { needs: '8018', not: '7251' }],
  ['7251', 'DOB TIME', 'n8:longDay n4:hourMinute', { needs: '8018', not: '7250' }],
  ['7252', 'BIO SEX', 'n1:sex', { needs: '8018' }],
  ['7253', 'FAMILY NAME', 'x..40:percent', { needs: '8017, 8018', not: '7256, 7259' }],
  ['7254', 'GIVEN NAME', 'x..40:percent', { needs: '8017, 8018', not: '7256, 7259' }],
  ['7255', 'SUFFIX', 'x..10', { needs: '8017, 8018', not: '7256, 7259' }],
  ['7256', 'FULL NAME', 'x..90:percent', { needs: '8017, 8018' }],
  ['7257', 'PERSON ADDR', 'x..70:percent', { needs: '8018' }],
  ['7258', 'BIRTH SEQUENCE', 'x3:position', { needs: '8018+7259' }],
  ['7259', 'BABY', 'x..40:percent', { needs: '8018', not: '7256' }],
  ['8001', 'DIMENSIONS', 'n4:nonZero n5:nonZero n3:nonZero n1:winding n1', { needs: '01' }],
  ['8002', 'CMT No.', 'x..20'],
  ['8003', 'GRAI', 'n1:zero n13:check:company x..16?', { link: '' }],
  ['8004', 'GIAI', 'x..30:company', { link: '7040' }],
  ['8005', 'PRICE PER UNIT', 'n6', { needs: '01, 02' }],
  ['8006', 'ITIP', 'n14:check:company2 n4:piece', { not: '01, 37', link: '22 10 21' }],
  ['8007', 'IBAN', 'x..34:iban', { needs: '415' }],
  ['8008', 'PROD TIME', 'n6:day n2:hour n2:minute? n2:second?', { needs: '01, 02' }],
  ['8009', 'OPTSEN', 'x..50', { needs: '00, 01' }],
  ['8010', 'CPID', 'y..30:company', { link: '8011' }],
  ['8011', 'CPID SERIAL', 'n..12:noLeadingZero', { needs: '8010', attribute: false }],
  ['8012', 'VERSION', 'x..20', { needs: '01, 8006' }],
  ['8013', 'GMN', 'x..25:checkPair:company', { link: '' }],
  ['8014', 'MUDI', 'x..25:checkPair:company:nonDigit', { needs: '01', attribute: false }],
  ['8017', 'GSRN - PROVIDER', 'n18:check:company', { not: '8018', link: '8019' }],
  ['8018', 'GSRN - RECIPIENT', 'n18:check:company', { not: '8017', link: '8019' }],
  ['8019', 'SRIN', 'n..10', { needs: '8017, 8018', attribute: false }],
  ['8020', 'REF No.', 'x..25', { needs: '415', attribute: false }],
  ['8026', 'ITIP CONTENT', 'n14:check:company2 n4:piece', { needs: '37', not: '02, 8006' }],
  ['8030', 'DIGSIG', 'z..90', { needs: '00, 01+21, 253, 255, 8003, 8004, 8006+21, 8010+8011, 8017, 8018' }],
  ['8040', 'IMEI', 'n15', { needs: '01+21', attribute: false }],
  ['8041', 'IMEI2', 'n15', { needs: '01+21+8040', attribute: false }],
  ['8042', 'ESIM', 'n32', { needs: '01+21+8040', attribute: false }],
  ['8043', 'PSIM', 'n18 n..2?', { needs: '01+21+8040', attribute: false }],
  ['8110', 'undefined', 'x..70:coupon'],
  ['8111', 'POINTS', 'n4', { needs: '255' }],
  ['8112', 'undefined', 'x..70:couponOffer'],
  ['8200', 'PRODUCT URL', 'x..70', { needs: '01', attribute: false }],
  ['90', 'INTERNAL', 'x..30'],
  ['91-99', 'INTERNAL', 'x..90'],
];

/**
 * Lengths of values that need no separator behind them, by the first two digits of the AI
 * (GS1 General Specifications 7.8.5, element strings with predefined length).
 */
function predefinedLength(ai: string): number | null {
  if (/^00/.test(ai)) return 18;
  if (/^0[123]/.test(ai)) return 14;
  if (/^(1[1-9]|3[1-6])/.test(ai)) return 6;
  if (/^20/.test(ai)) return 2;
  return /^41/.test(ai) ? 13 : null;
}

function componentOf(text: string): ElementComponent {
  const [shape = '', ...checks] = text.replace('?', '').split(':');
  const maxLength = Number(shape.replace(/^\D+/, ''));
  return {
    characters: shape.charAt(0) as CharacterSet,
    minLength: shape.includes('..') ? 1 : maxLength,
    maxLength,
    isOptional: text.endsWith('?'),
    checks: checks as CheckName[],
  };
}

function split(text: string | undefined, separator: string): string[] {
  return (text ?? '')
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `3100-3105` names six AIs. */
function aisOf(range: string): string[] {
  const [first = '', last = first] = range.split('-');
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) =>
    String(Number(first) + index).padStart(first.length, '0'),
  );
}

const DEFINITIONS: ReadonlyMap<string, ElementDefinition> = new Map(
  TABLE.flatMap(([ais, title, format, { needs, not, link, attribute = true } = {}]) =>
    aisOf(ais).map((ai) => [
      ai,
      {
        ai,
        title,
        components: format.split(' ').map(componentOf),
        predefinedLength: predefinedLength(ai),
        needs: split(needs, ';').map((all) => split(all, ',').map((group) => split(group, '+'))),
        excludes: split(not, ','),
        isLinkAttribute: attribute,
        linkQualifiers: link === undefined ? null : link.split('|').map((qualifiers) => split(qualifiers, ' ')),
      },
    ]),
  ),
);

/** Digits of an AI by its first two: AIs that begin alike are equally long (GS1 General Specifications 3.2). */
const AI_LENGTHS = new Map([...DEFINITIONS.keys()].map((ai) => [ai.slice(0, 2), ai.length]));

/** Every definition, by rising AI. */
export function elementDefinitions(): IterableIterator<ElementDefinition> {
  return DEFINITIONS.values();
}

/** The definition of an AI, or null when there is no such AI. */
export function elementDefinition(ai: string): ElementDefinition | null {
  return DEFINITIONS.get(ai) ?? null;
}

/** The definition of the AI that an element string begins with at a place, or null when it begins with none. */
export function elementDefinitionAt(text: string, start: number): ElementDefinition | null {
  const length = AI_LENGTHS.get(text.slice(start, start + 2));
  return length === undefined ? null : elementDefinition(text.slice(start, start + length));
}

/** Whether an AI fits a pattern: `31nn` is any AI of four digits that begins with 31. */
export function fitsPattern(ai: string, pattern: string): boolean {
  const digits = pattern.replace(/n+$/, '');
  return ai.length === pattern.length && ai.startsWith(digits);
}
