//! What clients send is nobody else's to read: a mark in every field that a client controls, at every door, and then a look
//! into all that the process tells of itself, and into every refusal.

use std::io::ErrorKind;
use std::process::Command;

use http::Method;
use mainstay_ports::free_address;
use serde_json::{Value, json};

use super::super::client::Client;
use super::super::collector::Collector;
use super::super::world::World;
use super::Siege;
use super::table::{Door, ROUTES};

/// Begins every mark, and is in nothing else.
const MARK: &str = "zq7mark";

/// Headers that a client may fill as it likes.
const HEADERS: [&str; 13] = [
    "cookie",
    "user-agent",
    "referer",
    "idempotency-key",
    "if-match",
    "accept-language",
    "x-forwarded-for",
    "x-request-id",
    "tracestate",
    "traceparent",
    "x-forwarded-host",
    "forwarded",
    "link",
];

/// Each is another one, so that what is found says where it came from.
#[derive(Default)]
struct Marks {
    /// Stands before each.
    before: String,
    places: Vec<String>,
}

impl Marks {
    fn next(&mut self, place: String) -> String {
        self.places.push(place);
        format!("{}{MARK}{}x", self.before, self.places.len() - 1)
    }

    /// Where the marks in a text were planted.
    fn found(&self, text: &str) -> Vec<&str> {
        let number = |rest: &str| rest.split('x').next().and_then(|digits| digits.parse::<usize>().ok());
        let mut places: Vec<&str> = text
            .split(MARK)
            .skip(1)
            .map(|rest| number(rest).and_then(|number| self.places.get(number)).map_or("?", String::as_str))
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// The paths to the texts of a body.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(place, one)| texts(one, &format!("{at}/{place}"), found));
        }
        Value::Object(all) => all.iter().for_each(|(name, one)| texts(one, &format!("{at}/{name}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

struct Sender<'a> {
    siege: &'a Siege,
    marks: Marks,
    refusals: Vec<String>,
}

impl<'a> Sender<'a> {
    fn new(siege: &'a Siege, before: String) -> Self {
        Self { siege, marks: Marks { before, ..Marks::default() }, refusals: Vec::new() }
    }

    /// To every door as Ada, as staff and as nobody.
    async fn go_round(&mut self) {
        let ada = self.siege.ada.client.bearer.clone().unwrap();
        let staff = self.siege.world.staff().await.client.bearer.unwrap();
        for door in ROUTES.iter().filter(|door| door.path != "/v1/live") {
            // The last door would end the sessions for those after it.
            if door.path != "/v1/sessions/current" {
                self.plant(door, Some(&ada)).await;
                self.plant(door, Some(&staff)).await;
            }
            self.plant(door, None).await;
        }
    }

    async fn send(
        &mut self,
        door: &Door,
        path: &str,
        bearer: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) {
        let mut client = Client::new(self.siege.world.address());
        client.bearer = bearer.map(str::to_owned);
        let method: Method = door.method.parse().unwrap();
        let answer = client.send(method, path, headers, body).await.unwrap();
        if answer.status.as_u16() >= 400 {
            self.refusals.push(answer.body.to_string());
        }
    }

    /// One request for each text of the body, one for each header, and two for the address.
    async fn plant(&mut self, door: &Door, bearer: Option<&str>) {
        let path = self.siege.things.fill(door.sample);
        let body = door.body.map(|body| self.siege.things.fill(body));
        if let Some(body) = &body {
            let whole: Value = serde_json::from_str(body).unwrap();
            let mut fields = Vec::new();
            texts(&whole, "", &mut fields);
            for field in fields {
                let mut marked = whole.clone();
                let mark = self.marks.next(format!("{} {field}", door.name()));
                // A reader of addresses lets it through.
                let is_mail = field.ends_with("email");
                *marked.pointer_mut(&field).unwrap() =
                    if is_mail { format!("{mark}@home.example") } else { mark }.into();
                let key = [("idempotency-key", field.as_str())];
                self.send(door, &path, bearer, &key, Some(marked.to_string())).await;
            }
        }
        for header in HEADERS {
            let mark = self.marks.next(format!("{} {header}", door.name()));
            let value = if header == "cookie" { format!("session={mark}; {mark}={mark}") } else { mark };
            self.send(door, &path, bearer, &[(header, &value)], body.clone()).await;
        }
        let token = self.marks.next(format!("{} authorization", door.name()));
        self.send(door, &path, Some(&token), &[], body.clone()).await;
        let query = self.marks.next(format!("{} query", door.name()));
        let joined = if path.contains('?') { '&' } else { '?' };
        // The name of a parameter that is not known is told to who sent it, in the place of the fault.
        let asked = format!("{path}{joined}q={query}&limit={query}&other={query}");
        self.send(door, &asked, bearer, &[], body.clone()).await;
        // An address in a path is one segment when its slashes are escaped, which is refused for that alone.
        let segment = self.marks.next(format!("{} path", door.name())).replace('/', "_");
        let places = door.path.split('/').map(|part| if part.starts_with('{') { &segment } else { part });
        self.send(door, &places.collect::<Vec<_>>().join("/"), bearer, &[], body).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_client_sends_is_in_a_log_a_trace_or_a_refusal() {
    let (collector, admin) = (Collector::start().await, free_address());
    let folder = tempfile::tempdir().unwrap();
    let access_log = folder.path().join("access.log");
    let settings = [
        format!("telemetry.otlp={}", collector.url()),
        "telemetry.sample=1.0".to_owned(),
        format!("http.admin.listen={admin}"),
        format!("http.access_log.file={}", access_log.display()),
    ];
    let world = World::single(&settings.each_ref().map(String::as_str)).await;
    let mut siege = Siege::within(world).await;
    let mut sender = Sender::new(&siege, String::new());
    sender.go_round().await;
    let Sender { marks, refusals, .. } = sender;
    assert!(marks.places.len() > 1_000, "{}", marks.places.len());

    let read = |arguments: &[&str]| {
        let output = Command::new(&siege.world.program)
            .args(arguments)
            .args(["--json", "--limit", "1000", "--at", &admin.to_string()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let (logs, traces) = (read(&["logs"]), read(&["traces", "list"]));
    let told_traces = || format!("{:?}", collector.all());
    siege.world.stop();
    let process = siege.world.shop.told();
    let log = std::fs::read_to_string(&access_log).unwrap();
    let places = [
        ("a log line", &process),
        ("the store of log lines", &logs),
        ("the store of traces", &traces),
        ("a span", &told_traces()),
        ("the access log", &log),
        ("a refusal", &refusals.join("\n")),
    ];
    for (place, text) in places {
        assert!(text.len() > 1_000, "{place} tells nothing: {text}");
        assert_eq!(marks.found(text), Vec::<&str>::new(), "{place} tells what was sent there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_that_a_client_gives_is_called() {
    let bait = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    bait.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", bait.local_addr().unwrap());
    let mut siege = Siege::lay().await;
    let mut sender = Sender::new(&siege, url.clone());
    sender.go_round().await;
    // What is stored is not fetched either: a picture of a product is its address, as text.
    let mut staff = siege.world.staff().await;
    let body = json!({
        "slug": "bait", "name": "Bait", "description": url, "pictures": [format!("{url}cover.jpg")],
        "variants": [{"id": "var_00000000000000000000000bat", "sku": "BAIT-1", "name": "", "sellable": true}],
        "sellable": true,
    });
    let product = "/v1/products/prd_00000000000000000000000bat";
    let new = [("if-none-match", "*")];
    let answer = staff.client.send(Method::PUT, product, &new, Some(body.to_string())).await.unwrap();
    assert!(answer.status.is_success(), "{}", answer.body);
    siege.world.buyer().client.get("/v1/products/by-slug/bait").await.unwrap().expect(200);
    siege.world.stop();
    let called = bait.accept();
    assert!(called.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "the shop called {url}");
}
