"""The phrases that columns with names, addresses and ways to reach somebody are named with, in seven languages.

English, German, Spanish, French, Italian, Dutch, Portuguese; without accents and in lower case; ``wording`` brings
names into that form. General language only: no phrase is here because one data set uses it. ``numbers_of_persons``
and ``accounts`` have more identifiers, ``attributes``, ``livelihood`` and ``health`` what is told of somebody,
``wordlists`` the words that all are read with.
"""

PHRASES = """
given_name | 0.95 | anywhere | t
    first name, given name, forename, middle name, fname, gname, christian name, preferred name, nickname, nick
    name, vorname, rufname, nombre de pila, primer nombre, segundo nombre, prenom, nome proprio, voornaam, primeiro
    nome, firstname, givenname, middlename, maternal name, mname, second given name, vornamen, rufnamen, zweitname,
    nombre pila, prenom usuel, deuxieme prenom, nome di battesimo, secondo nome, voornamen, roepnaam, nome do meio,
    known as, apodo, surnom, spitzname, soprannome, bijnaam, other name, other names, given names, first names,
    middle names, zweiter vorname, weitere vornamen, nombre propio, otros nombres, prenoms usuels, premier prenom,
    autres prenoms, second prenom, petit nom, altri nomi, altro nome, primo nome, eerste naam, tweede naam,
    doopnaam, doopnamen, overige voornamen, outros nomes, primeiros nomes, prenome, prenomes, alcunha, nome social,
    nome tratamento, pet name, calling name, first name kana, sobriquet, nombre preferido, alias name
given_name | 0.75 | person | t | exact
    first, given, forenames, nombre, voorn, vname, nombres, prenoms
family_name | 0.95 | anywhere | t
    last name, surname, family name, lname, maiden, maiden name, second name, nachname, familienname, zuname,
    geburtsname, apellido, apellido paterno, apellido materno, nom de famille, cognome, achternaam, sobrenome,
    apelido, lastname, familyname, married name, birth name, nachnamen, ledigenname, madchenname, maedchenname,
    apellidos, primer apellido, segundo apellido, nom famille, nom usage, nom d usage, nom naissance, nom marital,
    nom jeune fille, cognomi, geslachtsnaam, meisjesnaam, tussenvoegsel, ultimo nome, nome de familia, nome
    solteira, ap paterno, ap materno, paterno, materno, apellido1, last names, family names, second surname, first
    surname, surnames, paternal surname, maternal surname, maiden surname, former name, previous name, previous
    surname, birth surname, name at birth, geburtsnamen, fruherer name, frueherer name, ehename, name suffix family,
    namenszusatz, vorsatzwort, adelstitel, apellido casada, apellido soltera, apellido casado, nombre soltera,
    patronyme, nom patronymique, nom epouse, nom jf, nom fille, nom fille mere, cognome nascita, cognome coniuge,
    cognome acquisito, cognome nubile, cognome da nubile, geboortenaam, geboorteachternaam, partnernaam, naam
    partner, voorvoegsel, voorvoegsels, achternaam partner, eigen naam, apelidos, sobrenomes, ultimos apelidos, nome
    familia, nome apelido, nome casada, last name kana
full_name | 0.95 | anywhere | t
    full name, person name, legal name, name first, name last, name given, nombre completo, nom complet, nome
    completo, vollstandiger name, volledige naam, official name, native name, chosen name, father name, mother name,
    parent name, spouse name, husband name, wife name, child name, father full name, mother full name, maiden name
    mother, nombre padre, nombre madre, nombre del padre, nombre de la madre, nom pere, nom mere, nome padre, nome
    madre, name vater, name mutter, wahlname, nombre apellido, nombre y apellido, nom prenom, cognome nome, nome
    cognome, complete name, name full, whole name, passenger name, guest name, patient full name, tenant name,
    holder name, witness name, signer name, signatory name, guarantor name, debtor name, creditor name, payer name,
    payee name, insured name, subscriber name, nominee name, claimant name, plaintiff name, defendant name,
    applicant name, candidate name, respondent name, caller name, sender name, receiver name, addressee, addressee
    name, attendee name, participant name, guardian name, contact full name, mothers maiden name, fathers name,
    mothers name, husbands name, next kin, next kin name, kin name, relative name, son name, daughter name,
    grandfather name, grandmother name, vor und nachname, vor und zuname, ganzer name, name vollstandig,
    vollstaendiger name, name der mutter, name des vaters, muttername, vatername, apellidos nombre, apellidos y
    nombre, nombres apellidos, nombres y apellidos, nombre conyuge, nombre tutor, nombre titular, nombre
    responsable, nombre apoderado, nom et prenom, noms prenoms, prenom nom, nom conjoint, nom du pere, nom de la
    mere, nom tuteur, nom responsable, nom titulaire, nominativo, nome e cognome, cognome e nome, nome coniuge, nome
    tutore, intestatario, naam voornaam, voornaam naam, naam vader, naam moeder, naam ouder, naam contactpersoon,
    nome do pai, nome da mae, nome pai, nome mae, nome conjuge, nome responsavel, nome titular, nome abreviado
full_name | 0.88 | anywhere | t
    contact name, real name, account holder, cardholder, card holder, card name, name on card, ship name, recipient
    name, beneficiary, display name, screen name, signed name, emergency contact, next of kin, ansprechpartner,
    billing name, shipping name, deliver name, kontoinhaber, titular, titulaire, care of, co name, emergency name,
    emergency contact name, author name, beneficiary name, nombre contacto, nom contact, nome contatto,
    contactpersoon, referente, signatory, destinataire, destinatario, empfanger, empfaenger, cc owner, cc name, card
    owner, name of cardholder, account owner, account owner name, account holder name, bank account holder, bank
    account owner, iban owner, deliver to, ship to name, bill to name, invoice name, in care of, c o, zu handen,
    zuhanden, kontoinhaberin, karteninhaber, kontaktperson, ansprechperson, notfallkontakt, empfaengername,
    rechnungsempfanger, lieferempfanger, persona contacto, persona de contacto, contacto emergencia, titular cuenta,
    titular tarjeta, razon contacto, destinatario envio, personne contact, personne a contacter, contact urgence,
    titulaire compte, interlocuteur, persona di contatto, contatto emergenza, intestatario conto, titolare, titolare
    conto, persoon contact, noodcontact, rekeninghouder, tenaamstelling, ten name van, naam rekeninghouder, pessoa
    contato, pessoa de contato, pessoa contacto, contato emergencia, titular conta, correntista, emergency person,
    emergency contact person, contact person name, responsible person, person in charge
full_name | 0.8 | person | t | exact
    name, nombre, nom, nome, naam, bezeichnung, naam volledig, mother, father, vater, mutter, padre, madre, mere,
    pere, pai, mae, names, nombres completos, namen, nomi, denominacion, denominazione, denominacao, pname, cname,
    uname full
full_name | 0.5 | linked | t
    contact, owner, attn, attention, kontakt, contacto, contatto
email | 0.95 | anywhere | t
    email hash, hashed email, email md5, email sha, email, e mail, mail, email address, mail address, e mail
    address, correo, correo electronico, courriel, posta elettronica, emailadresse, mailadresse, adresse mail,
    adresse email, e post, emailaddress, mail adresse, e mail adresse, adresse electronique, adresse courriel,
    indirizzo email, indirizzo mail, indirizzo di posta, endereco email, endereco eletronico, direccion correo,
    mailadres, emailadres, mail privat, email id, mail id, e mail id, emailid, alternate email, alternative email,
    secondary email, sec email, backup email, recovery email, contact email, notification email, email notification,
    email to, mail to, mail from, email from, sender email, recipient email, reply to, to address email, from email,
    paypal email, paypal, mailaddr, emailaddr, email adresse, mail dienstlich, private mail, mail geschaftlich,
    correo e, correoe, dir correo, direccion email, direccion electronica, direccion de correo, buzon, courrier
    electronique, adr mail, adr email, posta certificata, pec, email pec, indirizzo pec, recapito email, posta
    elettronica certificata, e mailadres, elektronisch adres, elektronische post, correio, correio eletronico,
    correio electronico, endereco de email, endereco mail
phone | 0.93 | anywhere | tn
    contact data, contact info, contact information, contact detail, phone hash, phone, telephone, tel, mobile,
    mobil, cell, cell phone, cellphone, fax, phone number, telephone number, mobile number, mobile phone, contact
    number, phone no, whatsapp, msisdn, telefon, telefonnummer, rufnummer, handy, handynummer, telefono, celular,
    movil, portable, telefoon, telefone, cellulare, work phone, home phone, faxnummer, mobilnummer, telefax, gsm,
    mobiltelefon, mobilfunk, festnetz, telefonnr, rufnr, klappe, telefonklappe, nebenstelle, telefoonnummer, mobiel,
    mobiel nummer, numero telefono, numero de telefono, numero telephone, numero de telephone, num telefono, numero
    telefone, telephone portable, telephone fixe, tel fixe, tel portable, telefono fijo, telefono movil, telefono
    cellulare, telefono fisso, telemovel, telefone celular, telefone fixo, fone, landline, pager, home number, work
    number, office number, emergency number, emergency telephone, day phone, evening phone, cell number, recapito
    telefonico, numero fisso, numero ufficio, numero cellulare, numero mobile, numero fijo, numero movil, telno, tel
    no, tel number, telnr, tel nr, tel home, tel work, tel mobile, mobile no, mobileno, cellno, cell no, cellular,
    cellular phone, cellular number, contact no, contactno, contact phone, contact telephone, contact tel, contact
    mobile, emergency phone, emergency contact phone, emergency contact number, emergency mobile, called number,
    calling number, caller number, dialed number, dialled number, called station, calling station, caller id,
    callerid, phone ext, phone extension, fax no, faxno, fax number, faxnr, fax nummer, telefonos, tlf, tlf movil,
    telf, telef, tlfn, tfno, fono, fonos, fono casa, fono movil, telefono casa, telefono particular, telefono
    trabajo, telefono oficina, telefono contacto, telefono emergencia, numero celular, num celular, nro celular, num
    telefono movil, tel casa, tel movil, tel oficina, handynr, handy nr, handy nummer, mobilnr, mobil nr, mobil
    nummer, mobiltel, mobilfunknummer, tel privat, telefon privat, telefon dienstlich, telefon geschaftlich, telefon
    mobil, tel dienstlich, tel geschaeftlich, tel mobil, tel arbeit, fon, rueckrufnummer, ruckrufnummer,
    festnetznummer, festnetznr, notruf, notrufnummer, notfallnummer, tel domicile, tel bureau, tel travail, tel
    perso, tel pro, telephone bureau, telephone domicile, telephone mobile, telephone travail, numero portable, num
    tel, num telephone, no telephone, no tel, numero fixe, numero tel, numero fax, telecopie, telecopieur, telcel,
    tel cel, tel cell, tel ufficio, tel abitazione, telefono abitazione, telefono ufficio, telefono lavoro, telefono
    mobile, recapito, recapiti, utenza telefonica, num cellulare, tel nummer, telnummer, tel prive, tel thuis, tel
    werk, tel zakelijk, tel mobiel, telefoon prive, telefoon thuis, telefoon werk, telefoon zakelijk, telefoon
    mobiel, telefoonnr, mobiel nr, mobielnr, mobielnummer, mobiele telefoon, mobile telefoon, gsm nummer, gsm nr,
    gsmnummer, noodnummer, faxnummer werk, tel fixo, tel celular, tel residencial, tel comercial, telefone
    residencial, telefone comercial, telefone contato, telefone recado, tel recado, num telefone, nr telefone,
    ramal, fone residencial, fone comercial, fone celular, contacto telefonico, contato telefonico, viber, signal
    number, sms number, whats app, wsp
phone | 0.55 | person | tn
    extension, ext, durchwahl, poste, toestel
street | 0.92 | anywhere | tn
    street, street name, street address, address line, house number, street number, strasse, hausnummer, anschrift,
    strassenname, calle, rue, numero de calle, indirizzo, straat, huisnummer, rua, morada, street line, building
    number, apartment, apt, adresszeile, hausnr, strassenr, strasse nr, adresszusatz, hausnummerzusatz, civico,
    numero civico, logradouro, complemento endereco, complement adresse, numero voie, po box, postfach, boite
    postale, apartado postal, caixa postal, postbus, huisletter, huisnummertoevoeging, delivery point, haus nr, huis
    nr, house nr, huisnr, numero casa, numero maison, address line one, street no, street nr, streetnumber,
    streetname, house number addition, house name, building name address, flat number, flat no, apartment number,
    apartment no, apt number, apt no, suite number, unit number address, door number, door no, floor number address,
    pobox, p o box, post box, post office box, str nr, strnr, strasse hausnummer, strasse hausnr, hausnummer zusatz,
    hausnr zusatz, adress zusatz, anschriftenzeile, wohnungsnummer, stiege, tuer nr, turnummer, tuernummer, nombre
    via, num via, numero via, nombre calle, num calle, calle numero, calle y numero, numero calle, numero puerta,
    num portal, puerta, escalera, piso puerta, colonia calle, entre calles, num exterior, num interior, numero
    interior, no exterior, no interior, ligne adresse, rue numero, num rue, numero rue, no rue, nom rue, nom voie,
    num voie, numero de voie, libelle voie, batiment escalier, lieu dit, boite, indirizzo civico, num civico,
    numcivico, nr civico, n civico, via e numero, via numero, via piazza, nome via, interno scala, casella postale,
    straatnaam, straat nr, straatnr, straat huisnummer, huisnummer toevoeging, huisnr toevoeging, huisnummer letter,
    huis letter, toevoeging, bus nr adres, busnummer, adresregel, nome rua, num rua, numero rua, rua numero,
    endereco numero, numero endereco, numero porta, num porta, num casa, nr casa, nro casa, complemento rua, quadra
    lote, caixa correio, apartamento numero, andar porta
street | 0.88 | anywhere | t
    address, home address, mailing address, postal address, billing address, shipping address, ship address, work
    address, residence, residential address, adresse, wohnanschrift, direccion, domicilio, domicile, adres,
    endereco, wohnadresse, addr, delivery address, physical address, current address, permanent address, residence
    address, wohnsitz, domicilio fiscal, indirizzo residenza, indirizzo di residenza, direccion postal, adresse
    postale, adresse domicile, address text, customer address, endereco residencial, meldeadresse, heimatadresse,
    present address, local address, home addr, work addr, mail address line, address home, address work, address
    permanent, address current, address full, full address, address details, address info, street addr, contact
    address, correspondence address, communication address, registered address, residential addr, foreign address,
    overseas address, office address, last address, previous address, emergency address, emergency contact address,
    address of residence, wohnanschrift privat, privatanschrift, privatadresse, privat adresse, lieferadresse,
    rechnungsadresse, rechnungsanschrift, lieferanschrift, postanschrift, postadresse, zustelladresse,
    zustellanschrift, korrespondenzadresse, adresse privat, heimanschrift, direccion domicilio, direccion casa,
    direccion residencia, direccion particular, direccion actual, direccion envio, direccion facturacion, direccion
    trabajo, direccion completa, direccion fiscal, domicilio actual, domicilio particular, domicilio legal, dir
    casa, dir envio, residencia actual, adresse complete, adresse actuelle, adresse personnelle, adresse perso,
    adresse livraison, adresse facturation, adresse parent, adresse residence, indirizzo abitazione, indirizzo
    completo, indirizzo domicilio, indirizzo spedizione, indirizzo fatturazione, indirizzo lavoro, residenza, luogo
    residenza, domiciliazione, abitazione, woonadres, thuisadres, huisadres, postadres, bezoekadres, factuuradres,
    afleveradres, bezorgadres, verblijfadres, correspondentieadres, adres thuis, endereco completo, endereco
    entrega, endereco cobranca, endereco fiscal, endereco atual, endereco casa, endereco trabalho, endereco
    comercial, endereco postal, morada fiscal, morada completa, morada entrega, domicilio eleitoral
street | 0.6 | person | t | exact
    via, apartado, complemento, piso, numero exterior, numero, str, bp, interno, scala, portal, andar, quadra, lote,
    bloco, bloque
family_name | 0.75 | person | t | exact
    last, family
social_account | 0.8 | anywhere | t
    twitter, facebook, linkedin, instagram, skype, github, telegram, tiktok, wechat, xing, twitter handle, icq,
    social media, discord, mastodon, bluesky, snapchat, jabber, orcid, google id, facebook id, twitter id, apple id,
    github id, openid, public key, pgp key, gpg key, gpg id, gpgid, pgp id, social profile, social url, facebook
    url, facebook profile, facebook link, fb, fb id, fb url, fb link, fb profile, twitter url, twitter name, twitter
    username, instagram handle, instagram id, instagram url, insta, linkedin id, linkedin profile, youtube channel,
    youtube, skype id, skype name, skypeid, skypename, telegram id, telegram username, telegram chat id, chat id,
    discord id, github username, github handle, gitlab, slack id, slack user, whatsapp id, wechat id, qq, qq number,
    msn, msn messenger, yahoo, yahoo id, google plus, googleplus, google account, vkontakte, viadeo, flickr,
    pinterest, reddit, twitch, tumblr, messenger, social network, social handle, social link, red social, redes
    sociales, reseaux sociaux, rede social, redes sociais, matrix id, xmpp, threema, orcid id, researcher id, steam
    id, oauth id, oauth uid, openid identifier
url | 0.6 | person | t
    website, web site, homepage, home page, url, web page, webpage, blog, profile url, domain, linkedin url, sitio
    web, site web, sito web, sito internet, webseite, internetseite, pagina web, web address, personal url,
    portfolio, web url, website url, website address, home page url, personal website, personal page, company
    website, blog url, web adresse, internetadresse, internet adresse, homepage url, internetauftritt, pagina
    personal, direccion web, url web, page web, page perso, page personnelle, adresse web, site internet, url site,
    pagina personale, indirizzo web, sito personale, url sito, web adres, webadres, persoonlijke pagina, pagina
    pessoal, endereco web, url site pessoal, site pessoal, weblog
url | 0.6 | person | t | exact
    web, sito, site
"""
"""Blocks of: entity | score | nearness to persons that it needs | kinds it can have | ``exact``, and its phrases below.

Kinds are t text or enum, n number, d date, b boolean. An ``exact`` phrase is so common that it counts only as the whole
name. One entity may have several blocks.
"""
