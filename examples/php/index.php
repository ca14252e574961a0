<?php

declare(strict_types=1);

/** A receiver of paidonce's order updates: no framework, SQLite, and Standard Webhooks in fifteen lines. */

function isSigned(string $body, string $secret): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if ($id === '' || !ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $key = base64_decode(substr($secret, strlen('whsec_')));
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    $isSigned = false;
    // One valid signature is enough: there are several while a secret is changed.
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
        $isSigned = hash_equals($wanted, $given) || $isSigned;
    }
    return $isSigned;
}

function database(): PDO
{
    $db = new PDO('sqlite:' . (getenv('DATABASE') ?: 'orders.db'), options: [PDO::ATTR_TIMEOUT => 10]);
    $db->exec('create table if not exists updates (webhook_id text primary key)');
    $db->exec('create table if not exists orders (reference text primary key, sequence integer not null, status text not null)');
    $db->exec('create table if not exists parcels (reference text primary key)');
    return $db;
}

/** All of it or nothing: an update that is remembered has had its effect. */
function takeUpdate(PDO $db, string $webhookId, array $update): void
{
    $run = function (string $sql, array $values) use ($db): int {
        $statement = $db->prepare($sql);
        $statement->execute($values);
        return $statement->rowCount();
    };
    ['orderReference' => $reference, 'sequence' => $sequence, 'orderStatus' => $status] = $update['data'];
    $db->beginTransaction();
    if ($run('insert into updates values (?) on conflict do nothing', [$webhookId]) === 1) { // else it came before
        $run('insert into orders values (?, ?, ?)
            on conflict (reference) do update set sequence = excluded.sequence, status = excluded.status
            where excluded.sequence > orders.sequence', [$reference, $sequence, $status]);
        if ($update['type'] === 'order.paid') { // once, whatever comes
            $run('insert into parcels values (?) on conflict do nothing', [$reference]);
        }
    }
    $db->commit();
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($_SERVER['REQUEST_METHOD'] === 'POST' && $path === '/updates') {
    $body = file_get_contents('php://input'); // the bytes: the signature covers them
    if (!isSigned($body, getenv('ORDER_WEBHOOK_SECRET'))) {
        http_response_code(401);
        exit;
    }
    takeUpdate(database(), $_SERVER['HTTP_WEBHOOK_ID'], json_decode($body, true, flags: JSON_THROW_ON_ERROR));
    http_response_code(204); // only now: 2xx ends the retries
    exit;
}
if (preg_match('#^/orders/([\w.-]+)$#', $path, $matches) === 1) {
    $order = database()->prepare('select status, (select count(*) from parcels where reference = :reference) as parcels
        from orders where reference = :reference');
    $order->execute(['reference' => $matches[1]]);
    $found = $order->fetch(PDO::FETCH_ASSOC);
    http_response_code($found === false ? 404 : 200);
    header('content-type: application/json');
    echo json_encode($found ?: ['status' => 'UNKNOWN']);
    exit;
}
http_response_code(404);
