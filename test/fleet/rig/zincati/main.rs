// zincati-fleet-lock URL GROUP ID pre-reboot|steady-state: one request, as Zincati makes it. Prints `ok`,
// or the kind and the text that Zincati would log.

#[allow(dead_code)]
mod fleet_lock;

/// What the module takes from the rest of Zincati.
mod identity {
    pub struct Id(pub String);

    impl Id {
        pub fn lower_hex(&self) -> String {
            self.0.clone()
        }
    }

    pub struct Identity {
        pub node_uuid: Id,
        pub group: String,
    }
}

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, group, id, what] = args.as_slice() else {
        anyhow::bail!("URL GROUP ID pre-reboot|steady-state");
    };
    let identity = identity::Identity {
        node_uuid: identity::Id(id.clone()),
        group: group.clone(),
    };
    let client = fleet_lock::ClientBuilder::new(url.clone(), &identity).build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = match what.as_str() {
        "pre-reboot" => runtime.block_on(client.pre_reboot()),
        _ => runtime.block_on(client.steady_state()),
    };
    match answer {
        Ok(_) => println!("ok"),
        Err(error) => println!("{} {}", error.error_kind(), error.error_value()),
    }
    Ok(())
}
