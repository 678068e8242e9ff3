//! Behind proxies: who is believed about where a request came from, by forwarded headers and the PROXY protocol. Seen by
//! whose allowance is used up.

use std::net::SocketAddr;

use mainstay_http::Options;

use crate::site::Site;
use crate::wire::say;

const ASK: &str = "GET /v1/hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";

fn behind(options: &mut Options) {
    options.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    options.rates.exempt.clear();
    options.rates.address = "1/h".parse().unwrap();
}

async fn status(address: SocketAddr, words: &str) -> String {
    let answer = say(address, words.as_bytes()).await;
    answer.split(' ').nth(1).unwrap_or("closed").to_owned()
}

#[tokio::test]
async fn a_trusted_proxy_tells_whose_request_it_is() {
    let site = Site::with(behind);
    let listening = site.listen().await;
    let from = |header: &str| format!("{ASK}{header}\r\n\r\n");
    for (header, expected) in [
        ("x-forwarded-for: 1.1.1.1", "200"),
        ("x-forwarded-for: 1.1.1.1", "429"),
        ("x-forwarded-for: 2.2.2.2", "200"),
        ("x-forwarded-for: 3.3.3.3, 2.2.2.2", "429"),
        ("x-forwarded-for: 2001:db8:1:2:3::4", "200"),
        ("x-forwarded-for: 2001:db8:1:2:ffff::5", "429"),
        ("forwarded: for=9.9.9.9", "200"),
        ("forwarded: for=8.8.8.8", "429"),
    ] {
        assert_eq!(status(listening.address, &from(header)).await, expected, "{header}");
    }
    let alone = Site::with(|options| {
        behind(options);
        options.trusted_proxies.clear();
    });
    let listening = alone.listen().await;
    assert_eq!(status(listening.address, &from("x-forwarded-for: 1.1.1.1")).await, "200");
    assert_eq!(
        status(listening.address, &from("x-forwarded-for: 2.2.2.2")).await,
        "429",
        "nobody is believed"
    );
}

#[tokio::test]
async fn the_proxy_protocol_is_required_of_proxies_and_of_nobody_else() {
    let site = Site::with(|options| {
        behind(options);
        options.proxy_protocol = true;
        options.header_timeout_ms = 300;
    });
    let listening = site.listen().await;
    let ask = format!("{ASK}\r\n");
    let v1 = |source: &str| format!("PROXY TCP4 {source} 10.0.0.1 1 2\r\n{ask}");
    assert_eq!(status(listening.address, &v1("1.1.1.1")).await, "200");
    assert_eq!(status(listening.address, &v1("1.1.1.1")).await, "429");
    assert_eq!(status(listening.address, &v1("2.2.2.2")).await, "200");
    let mut v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x03\x03\x03\x03\x0a\0\0\x01\0\x01\0\x02".to_vec();
    v2.extend_from_slice(ask.as_bytes());
    for expected in ["200", "429"] {
        let answer = say(listening.address, &v2).await;
        assert_eq!(answer.split(' ').nth(1), Some(expected), "{answer}");
    }
    for words in [ask.as_str(), "PROXY TCP4 x\r\n", "", "PROXY ", "PROXY TCP4 1.1.1.1"] {
        assert_eq!(status(listening.address, words).await, "closed", "{words:?}");
    }
    let open = Site::with(|options| options.proxy_protocol = true);
    let listening = open.listen().await;
    assert_eq!(status(listening.address, &v1("1.1.1.1")).await, "400", "a stranger's header is no HTTP");
    assert_eq!(status(listening.address, &ask).await, "200");
}
