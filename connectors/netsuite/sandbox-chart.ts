/** An account of the stand-in's chart. Its internal id is what an account map names. */
export interface ChartAccount {
  readonly id: string;
  readonly number: string;
  readonly name: string;
}

/** The chart of accounts that a fresh stand-in has. Internal ids are NetSuite's own and unlike the numbers that people use. */
export const CHART: readonly ChartAccount[] = [
  { id: '101', number: '1000', name: 'Bank' },
  { id: '102', number: '1150', name: 'Clearing, cards' },
  { id: '103', number: '1151', name: 'Clearing, PayPal' },
  { id: '104', number: '1152', name: 'Clearing, other tenders' },
  { id: '105', number: '1160', name: 'Channel reserves' },
  { id: '106', number: '1200', name: 'Inventory' },
  { id: '107', number: '2100', name: 'Accounts payable' },
  { id: '108', number: '2200', name: 'Sales tax payable' },
  { id: '109', number: '2300', name: 'Customer deposits' },
  { id: '110', number: '2310', name: 'Gift cards outstanding' },
  { id: '111', number: '4000', name: 'Sales' },
  { id: '112', number: '4010', name: 'Shipping income' },
  { id: '113', number: '4020', name: 'Tips and fees charged' },
  { id: '114', number: '4100', name: 'Discounts' },
  { id: '115', number: '4200', name: 'Returns and refunds' },
  { id: '116', number: '5000', name: 'Cost of goods sold' },
  { id: '117', number: '6100', name: 'Gateway and channel fees' },
  { id: '118', number: '6900', name: 'Rounding' },
  { id: '119', number: '6910', name: 'Chargebacks' },
  { id: '120', number: '7000', name: 'Currency gains and losses' },
  { id: '121', number: '1180', name: 'Orders delivered and not paid' },
];
