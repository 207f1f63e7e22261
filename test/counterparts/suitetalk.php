<?php

/**
 * SuiteTalk SOAP as far as a ledger needs it, by PHP's own SoapServer: an implementation of SOAP, of XML and of the signature
 * that shares nothing with ours. Run by `php -S`. What it keeps stands in one JSON file, so that it outlives a request.
 *
 * Environment: WSDL, VERSION, STATE (a file), ACCOUNT, CONSUMER_KEY, CONSUMER_SECRET, TOKEN, TOKEN_SECRET.
 * Beside the SOAP endpoint: GET /state gives the file; POST /plan {"fault": …} makes the next call end in a SOAP fault.
 */

declare(strict_types=1);

const ALLOWED_SKEW_S = 300;

ini_set('soap.wsdl_cache_enabled', '0');
// A notice in the middle of an envelope would be a broken envelope: it goes to the server's own log.
ini_set('display_errors', '0');

/** A refusal that stands in the status of a good answer, with NetSuite's code. */
final class Refused extends Exception
{
    public function __construct(public readonly string $status, string $message)
    {
        parent::__construct($message);
    }
}

function setting(string $name): string
{
    $value = getenv($name);
    if ($value === false) throw new RuntimeException("$name is not set");
    return $value;
}

/** Runs over the state under a lock of its file, and keeps what it was changed to. */
function withState(callable $run): mixed
{
    $file = fopen(setting('STATE'), 'c+');
    if ($file === false) throw new RuntimeException('the state cannot be opened');
    flock($file, LOCK_EX);
    $text = stream_get_contents($file);
    $state = $text === '' ? ['next' => 101, 'entries' => [], 'nonces' => [], 'plan' => null, 'calls' => 0] : json_decode($text, true, 64, JSON_THROW_ON_ERROR);
    try {
        return $run($state);
    } finally {
        ftruncate($file, 0);
        rewind($file);
        fwrite($file, json_encode($state, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION));
        fclose($file);
    }
}

/** A namespace of the endpoint's version. */
function space(string $part): string
{
    return str_replace('#', setting('VERSION'), match ($part) {
        'core' => 'urn:core_#.platform.webservices.netsuite.com',
        'faults' => 'urn:faults_#.platform.webservices.netsuite.com',
        'general' => 'urn:general_#.transactions.webservices.netsuite.com',
    });
}

/** What of an xsd type with text and attributes (a stdClass with `_`) or of plain text is the text. */
function text(mixed $value): string
{
    if (is_object($value)) return (string) ($value->_ ?? '');
    return is_array($value) ? '' : (string) ($value ?? '');
}

final class SuiteTalk
{
    private bool $admitted = false;

    /**
     * The header of every call. PHP calls it before the operation.
     * https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_4395630653.html
     */
    public function tokenPassport(object $passport): void
    {
        $escaped = array_map(
            rawurlencode(...),
            [setting('ACCOUNT'), setting('CONSUMER_KEY'), setting('TOKEN'), text($passport->nonce ?? ''), text($passport->timestamp ?? '')],
        );
        $key = rawurlencode(setting('CONSUMER_SECRET')) . '&' . rawurlencode(setting('TOKEN_SECRET'));
        $expected = base64_encode(hash_hmac('sha256', implode('&', $escaped), $key, true));
        $named = text($passport->account ?? '') === setting('ACCOUNT')
            && text($passport->consumerKey ?? '') === setting('CONSUMER_KEY')
            && text($passport->token ?? '') === setting('TOKEN')
            && ($passport->signature->algorithm ?? '') === 'HMAC-SHA256';
        $fresh = abs(time() - (int) text($passport->timestamp ?? '0')) <= ALLOWED_SKEW_S;
        $nonce = text($passport->nonce ?? '');
        $first = withState(function (array &$state) use ($nonce): bool {
            if ($nonce === '' || in_array($nonce, $state['nonces'], true)) return false;
            $state['nonces'][] = $nonce;
            return true;
        });
        $this->admitted = $named && $fresh && $first && hash_equals($expected, text($passport->signature ?? ''));
    }

    public function add(object $request): array
    {
        $this->admit();
        return ['writeResponse' => $this->answering(fn (array &$state): array => $this->book($state, $request->record))];
    }

    public function get(object $request): array
    {
        $this->admit();
        return ['readResponse' => $this->answering(function (array &$state) use ($request): array {
            foreach ($state['entries'] as $entry) {
                $asked = $request->baseRef;
                if (isset($asked->internalId) ? $entry['id'] === $asked->internalId : $entry['externalId'] === ($asked->externalId ?? ''))
                    return ['record' => $this->record($entry)];
            }
            throw new Refused('RCRD_DSNT_EXIST', 'That record does not exist.');
        })];
    }

    public function getServerTime(): array
    {
        $this->admit();
        return ['getServerTimeResult' => $this->answering(fn (): array => ['serverTime' => gmdate('Y-m-d\TH:i:s.000\Z')])];
    }

    private function admit(): void
    {
        if (!$this->admitted) $this->fail('invalidCredentialsFault', 'INVALID_LOGIN_CREDENTIALS', 'Invalid login attempt.');
        $planned = withState(function (array &$state): ?array {
            [$plan, $state['plan']] = [$state['plan'], null];
            $state['calls'] += 1;
            return $plan;
        });
        if ($planned === null) return;
        if ($planned['fault'] === 'bare') throw new SoapFault($planned['code'], $planned['message']);
        $this->fail($planned['fault'], $planned['code'], $planned['message']);
    }

    private function fail(string $name, string $code, string $message): never
    {
        $xml = sprintf(
            '<detail><ns:%1$s xmlns:ns="%2$s"><ns:code>%3$s</ns:code><ns:message>%4$s</ns:message></ns:%1$s></detail>',
            $name,
            space('faults'),
            htmlspecialchars($code, ENT_XML1),
            htmlspecialchars($message, ENT_XML1),
        );
        throw new SoapFault('Server', $message, null, new SoapVar($xml, XSD_ANYXML));
    }

    /** A refusal stands in the status of a good answer. */
    private function answering(callable $work): array
    {
        try {
            return ['status' => ['isSuccess' => true], ...withState(fn (array &$state): array => $work($state))];
        } catch (Refused $refused) {
            $detail = ['code' => $refused->status, 'message' => $refused->getMessage(), 'type' => 'ERROR'];
            return ['status' => ['isSuccess' => false, 'statusDetail' => [$detail]]];
        }
    }

    private function book(array &$state, object $record): array
    {
        $externalId = (string) ($record->externalId ?? '');
        foreach ($state['entries'] as $entry)
            if ($externalId !== '' && $entry['externalId'] === $externalId)
                throw new Refused('DUP_RCRD', 'This record already exists');
        $lines = $record->lineList->line ?? [];
        $kept = [];
        $balance = 0;
        foreach (is_array($lines) ? $lines : [$lines] as $line) {
            $one = ['account' => (string) ($line->account->internalId ?? ''), 'memo' => text($line->memo ?? '')];
            foreach (['debit', 'credit'] as $side) if (isset($line->$side)) $one[$side] = $line->$side;
            foreach (['entity', 'department', 'class', 'location'] as $name)
                if (isset($line->$name)) $one[$name] = (string) $line->$name->internalId;
            $balance += $this->minor($line->debit ?? '0') - $this->minor($line->credit ?? '0');
            $kept[] = $one;
        }
        if ($balance !== 0) throw new Refused('USER_ERROR', 'The amounts in a journal entry must balance.');
        $entry = [
            'id' => (string) $state['next']++,
            'externalId' => $externalId,
            'tranDate' => text($record->tranDate),
            'currency' => (string) $record->currency->internalId,
            'subsidiary' => isset($record->subsidiary) ? (string) $record->subsidiary->internalId : null,
            'memo' => text($record->memo ?? ''),
            'lines' => $kept,
        ];
        $state['entries'][] = $entry;
        return ['baseRef' => $this->reference($entry['id'], $externalId)];
    }

    /** Two decimals, in integers: 64 bits hold every amount that is sent here. */
    private function minor(mixed $amount): int
    {
        if (!preg_match('/^(\d+)(?:\.(\d{1,2}))?$/', is_float($amount) ? number_format($amount, 2, '.', '') : (string) $amount, $part))
            throw new Refused('INVALID_NUMBER', "\"$amount\" is no amount");
        return (int) $part[1] * 100 + (int) str_pad($part[2] ?? '', 2, '0');
    }

    private function record(array $entry): SoapVar
    {
        $lines = array_map(function (array $line): array {
            $element = ['account' => ['internalId' => $line['account']], 'memo' => $line['memo']];
            foreach (['debit', 'credit'] as $side) if (isset($line[$side])) $element[$side] = $line[$side];
            foreach (['entity', 'department', 'class', 'location'] as $name)
                if (isset($line[$name])) $element[$name] = ['internalId' => $line[$name]];
            return $element;
        }, $entry['lines']);
        return new SoapVar(array_filter([
            'internalId' => $entry['id'],
            'externalId' => $entry['externalId'],
            'tranDate' => $entry['tranDate'],
            'currency' => ['internalId' => $entry['currency']],
            'subsidiary' => $entry['subsidiary'] === null ? null : ['internalId' => $entry['subsidiary']],
            'memo' => $entry['memo'],
            'lineList' => ['line' => $lines],
        ], fn (mixed $value): bool => $value !== null), SOAP_ENC_OBJECT, 'JournalEntry', space('general'));
    }

    private function reference(string $id, string $externalId): SoapVar
    {
        return new SoapVar(['internalId' => $id, 'externalId' => $externalId, 'type' => 'journalEntry'], SOAP_ENC_OBJECT, 'RecordRef', space('core'));
    }
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/state') {
    header('content-type: application/json');
    echo withState(fn (array &$state): string => json_encode($state, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR));
    return;
}
if ($path === '/plan') {
    $plan = json_decode(file_get_contents('php://input'), true, 8, JSON_THROW_ON_ERROR);
    withState(function (array &$state) use ($plan): void {
        $state['plan'] = $plan;
    });
    return;
}
$server = new SoapServer(setting('WSDL'), ['cache_wsdl' => WSDL_CACHE_NONE, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setClass(SuiteTalk::class);
$server->handle();
